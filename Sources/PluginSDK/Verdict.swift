internal import PluginABI

/// A guardrail's answer.
public struct Verdict: Sendable {
  public enum Action: UInt32, Sendable {
    case allow = 0
    case block
    /// Continue with the replacements applied.
    case transform
  }

  public var action: Action
  /// What was found; also with `.allow`, for the log.
  public var violations: [Violation]
  public var replacements: [Replacement]
  /// From the input phase: kept by the host until the call ends; at most 1 MiB; empty = unchanged.
  public var callState: [UInt8]
  /// Kept by the host for the session; at most 1 MiB; empty = unchanged.
  public var sessionState: [UInt8]
  /// A JSON object for the operator; empty = none.
  public var metadataJSON: [UInt8]

  public init(
    action: Action, violations: [Violation] = [], replacements: [Replacement] = [], callState: [UInt8] = [], sessionState: [UInt8] = [],
    metadataJSON: [UInt8] = []
  ) {
    self.action = action
    self.violations = violations
    self.replacements = replacements
    self.callState = callState
    self.sessionState = sessionState
    self.metadataJSON = metadataJSON
  }

  public static let allow = Verdict(action: .allow)
  public static func block(_ violations: [Violation]) -> Verdict { Verdict(action: .block, violations: violations) }
  public static func transform(_ replacements: [Replacement], violations: [Violation] = []) -> Verdict {
    Verdict(action: .transform, violations: violations, replacements: replacements)
  }
}

/// One thing that a guardrail found.
public struct Violation: Sendable {
  /// The detector, in the configuration's words, e.g. "keyword_detector".
  public var category: String
  public var code: String
  public var message: String
  /// A JSON object, for the operator; never sent to the client on output. Empty = none.
  public var evidenceJSON: [UInt8]
  /// 0 to 1.
  public var score: Double
  /// Where; nil = the message as a whole.
  public var place: Place?

  public init(category: String, code: String, message: String, evidenceJSON: [UInt8] = [], score: Double = 1, place: Place? = nil) {
    self.category = category
    self.code = code
    self.message = message
    self.evidenceJSON = evidenceJSON
    self.score = score
    self.place = place
  }

  /// Bytes of one segment's text.
  public struct Place: Sendable, Hashable {
    public var segment: Int
    public var range: Range<Int>
    public init(segment: Int, range: Range<Int>) {
      self.segment = segment
      self.range = range
    }
  }
}

/// A new text for one segment.
public struct Replacement: Sendable {
  public var segment: Int
  public var text: String
  public init(segment: Int, text: String) {
    self.segment = segment
    self.text = text
  }
}

extension Verdict {
  /// Completes `call` with this verdict; everything that C sees lives until the host has copied it.
  func complete(_ call: consuming Call) {
    guard !isBare else {
      call.finish(raw(smg_verdict(), UnsafeBufferPointer(start: nil, count: 0), UnsafeBufferPointer(start: nil, count: 0)))
      return
    }
    var arena = Arena()
    let found = violations.map { $0.draft(&arena) }
    let texts = replacements.map { arena.add($0.text) }
    let (callState, sessionState, metadata) = (arena.add(callState), arena.add(sessionState), arena.add(metadataJSON))
    let held = CallBox(call)
    arena.withBase { base in
      let violations = found.map { $0.raw(base) }
      let replacements = zip(self.replacements, texts).map {
        smg_replacement(segment: UInt32(clamping: $0.segment), reserved: 0, text: base[$1])
      }
      var verdict = smg_verdict()
      verdict.call_state = base[callState]
      verdict.session_state = base[sessionState]
      verdict.metadata_json = base[metadata]
      violations.withUnsafeBufferPointer { violations in
        replacements.withUnsafeBufferPointer { held.take()?.finish(raw(verdict, violations, $0)) }
      }
    }
  }

  private var isBare: Bool {
    violations.isEmpty && replacements.isEmpty && callState.isEmpty && sessionState.isEmpty && metadataJSON.isEmpty
  }

  private func raw(
    _ verdict: smg_verdict, _ violations: UnsafeBufferPointer<smg_violation>, _ replacements: UnsafeBufferPointer<smg_replacement>
  ) -> smg_verdict {
    var verdict = verdict
    verdict.size = UInt32(MemoryLayout<smg_verdict>.size)
    verdict.action = action.rawValue
    verdict.violations = violations.baseAddress
    verdict.violation_count = violations.count
    verdict.replacements = replacements.baseAddress
    verdict.replacement_count = replacements.count
    return verdict
  }
}

extension Violation {
  fileprivate struct Draft {
    let category, code, message, evidence: Arena.Slice
    let score: Double
    let place: Place?

    func raw(_ base: Arena.Base) -> smg_violation {
      smg_violation(
        category: base[category], code: base[code], message: base[message], evidence_json: base[evidence], score: score,
        segment: place.map { UInt32(clamping: $0.segment) } ?? SMG_NO_SEGMENT, reserved: 0,
        start: UInt64(clamping: place?.range.lowerBound ?? 0), end: UInt64(clamping: place?.range.upperBound ?? 0))
    }
  }

  fileprivate func draft(_ arena: inout Arena) -> Draft {
    Draft(
      category: arena.add(category), code: arena.add(code), message: arena.add(message), evidence: arena.add(evidenceJSON),
      score: score, place: place)
  }
}
