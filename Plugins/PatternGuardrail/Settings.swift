internal import JSON

/// What each detector does, for one phase and policy.
struct Settings: Sendable {
  struct Rule: Sendable {
    var action: Action
    /// Findings below it do not count.
    var minConfidence: Double
    /// The configuration names the detector or its group.
    var isExplicit = false
  }

  static let defaultMinConfidence = 0.6
  static let defaultMaxFindings = 32

  /// By the detectors' indices.
  var rules: [Rule]
  /// Values, in small letters, that nothing is to be said about.
  var allowed: Set<[UInt8]> = []
  var maxFindings = defaultMaxFindings

  init(preset: Preset, minConfidence: Double) {
    rules = Detector.allCases.map { Rule(action: preset.action(of: $0), minConfidence: minConfidence) }
  }

  func allows(_ value: some Collection<UInt8>) -> Bool { !allowed.isEmpty && allowed.contains(value.map(\.lowercased)) }

  /// Whether anything is looked for that consists of words.
  var readsPhrases: Bool { DetectorGroup.injection.detectors.contains { rules[$0.index].action != .off } }

  /// Whether anything is taken out.
  var redacts: Bool { rules.contains { $0.action == .redact } }

  /// At discovery there is nothing to rewrite.
  var withoutRedaction: Settings {
    var settings = self
    for index in rules.indices where rules[index].action == .redact { settings.rules[index].action = .flag }
    return settings
  }

  /// These settings as a policy wants them. Its `block` list, where it has words for these detectors, says which of them block; one that has none
  /// leaves everything as configured.
  func adapted(to policy: RawJSON) -> Settings {
    let selected = Set((policy["block"]?.elements.compactMap(\.stringValue) ?? []).flatMap(Self.detectors(inPolicy:)))
    let redactsPII = policy["additional_config"]?["pii_redaction"]?.boolValue == true
    guard !selected.isEmpty || redactsPII else { return self }
    var settings = self
    for detector in Detector.allCases {
      let rule = rules[detector.index]
      if redactsPII, detector.group == .pii, !rule.isExplicit, rule.action < .redact { settings.rules[detector.index].action = .redact }
      guard !selected.isEmpty else { continue }
      let isRedacted = settings.rules[detector.index].action >= .redact
      if selected.contains(detector), !rule.isExplicit, !isRedacted { settings.rules[detector.index].action = .block }
      if !selected.contains(detector), rule.action == .block { settings.rules[detector.index].action = .flag }
    }
    return settings
  }

  /// As the gateway's policies use the words, secrets are personal data, too.
  private static func detectors(inPolicy name: String) -> [Detector] {
    detectors(named: name) + (name == DetectorGroup.pii.category ? DetectorGroup.secrets.detectors : [])
  }

  /// The detectors that a word of the configuration stands for.
  static func detectors(named name: String) -> [Detector] {
    if let detector = Detector(name: name) { return [detector] }
    return DetectorGroup.allCases.first { name == $0.rawValue || name == $0.category }?.detectors ?? []
  }
}

/// Settings to begin with.
enum Preset: String, CaseIterable, Sendable {
  /// Blocks injections and secrets, takes out what identifies an account or a person for certain, reports the rest.
  case `default`
  /// Takes out personal data, and nothing else.
  case pii
  /// Blocks secrets, and nothing else.
  case secrets
  /// Blocks injections, and nothing else.
  case injection

  func action(of detector: Detector) -> Action {
    switch (self, detector.group) {
    case (.default, .injection), (.default, .secrets): .block
    case (.default, .pii): [.paymentCard, .iban, .socialSecurityNumber].contains(detector) ? .redact : .flag
    case (.pii, .pii): .redact
    case (.secrets, .secrets), (.injection, .injection): .block
    default: .off
    }
  }
}
