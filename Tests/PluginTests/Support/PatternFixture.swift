import JSON
import PluginABI
import PluginTesting
import Testing

/// The pattern guardrail with everything reported and nothing else done, and what it found in a text.
enum PatternFixture {
  static let flagging = #"{"detectors": {"pii": "flag", "secrets": "flag", "injection": "flag"}, "max_findings": 256}"#

  static func instance(_ config: String = flagging) throws -> TestInstance {
    try TestInstance(BuiltLibrary(name: "PatternGuardrail").open(), "patterns", config: config, host: FakeHost(expects: .verdict))
  }

  /// `detector: the words`, in order of the text.
  static func found(_ texts: [String], _ instance: TestInstance, phase: UInt32 = SMG_PHASE_INPUT) throws -> [String] {
    try instance.check(texts, phase: phase).violations.map { violation in
      let text = Array(texts[Int(violation.segment)].utf8)
      return "\(try detector(violation.evidence)): \(String(decoding: text[Int(violation.start)..<Int(violation.end)], as: UTF8.self))"
    }
  }

  static func detector(_ evidence: String) throws -> String {
    try RawJSON(validating: Array(evidence.utf8))["detector"]?.stringValue ?? ""
  }
}

extension TestInstance {
  /// Judges texts on their way to a server, under a policy.
  func check(_ texts: [String], policy: String) throws -> FakeHost.Found {
    try found(completion(of: startCheck(Message(segments: texts.map { ("/params/arguments/x", $0) }, policy: policy))))
  }

  /// Judges texts in a phase that follows another.
  func check(_ texts: [String], phase: UInt32, callState: String) throws -> FakeHost.Found {
    try found(completion(of: startCheck(Message(segments: texts.map { ("/result/x", $0) }, phase: phase, callState: callState))))
  }
}

/// Random numbers that come again with the same seed.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_F491_4F6C_DD1D
  }
}
