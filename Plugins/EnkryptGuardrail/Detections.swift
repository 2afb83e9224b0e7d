internal import JSON
internal import PluginSDK

/// What one answer of a detection says: which detectors ran, and which of them fired.
struct Detections: Sendable {
  struct Detection: Sendable, Hashable {
    /// In the words of the configuration's `block`.
    var detector: String
    var code: String
    var score: Double
  }

  private(set) var ran: Set<String> = []
  private(set) var found: [Detection] = []

  /// - Parameters:
  ///   - answer: `{"summary": {…}, "details": {…}}`.
  ///   - fail: makes the error for an answer that cannot be read.
  init(_ answer: RawJSON, fail: (String) -> PluginError) throws {
    guard let summary = answer["summary"], summary.kind == .object else { throw fail("there is no \"summary\"") }
    let details = answer["details"]
    for (key, value) in summary.members {
      let name = key.stringValue ?? ""
      let detector = Self.word(for: name)
      ran.insert(detector)
      found += try codes(value, name, fail).map {
        Detection(detector: detector, code: $0, score: Self.score(detector, $0, details))
      }
    }
  }

  private static func word(for name: String) -> String {
    switch name {
    case "keyword_detected": "keyword_detector"
    case "on_topic": "topic_detector"
    default: String(name.prefix(64))
    }
  }

  /// What a summary's value says was found: a number or bool is a yes or a no, a list names what was found.
  private func codes(_ value: RawJSON, _ name: String, _ fail: (String) -> PluginError) throws -> [String] {
    switch value.kind {
    case .bool: return value.boolValue == true ? ["detected"] : []
    case .number:
      guard let number = value.doubleValue else { throw fail("a number of \"summary\" is out of range") }
      return number == 0 ? [] : ["detected"]
    case .array:
      // Only plain names become codes: a list may hold words of the text.
      let names = value.elements.prefix(32).map { $0.stringValue.flatMap(Self.plain) ?? "detected" }
      return names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    case .null, .string, .object: throw fail("\"summary\" has a \(value.kind.rawValue) where a yes, a no or a list is expected")
    }
  }

  private static let classes: Set<String> = ["toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_hate"]
  private static func plain(_ name: String) -> String? { classes.contains(name) ? name : nil }

  private static func score(_ detector: String, _ code: String, _ details: RawJSON?) -> Double {
    let detail = details?[detector]
    let value: RawJSON? =
      switch detector {
      case "injection_attack": detail?["attack"]
      case "nsfw": detail?["nsfw"]
      case "toxicity": detail?[code]
      default: nil
      }
    guard let score = value?.doubleValue ?? value?.stringValue.flatMap({ Double($0) }), (0...1).contains(score) else { return 1 }
    return score
  }
}

extension Detections.Detection {
  var violation: Violation {
    let what = code == "detected" || code == detector ? detector : "\(detector) (\(code))"
    return Violation(category: detector, code: code, message: "Enkrypt detected \(what)", score: score)
  }
}
