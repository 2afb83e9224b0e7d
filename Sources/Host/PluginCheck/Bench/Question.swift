internal import PluginABI

/// One text of a message under check, as bytes: the host sends UTF-8 only, one check does not.
struct QuestionText: Sendable {
  var path: String
  var bytes: [UInt8]
  var flags: UInt32 = 0
  var mediaType = ""

  init(_ path: String, _ text: String, flags: UInt32 = 0) {
    self.init(path, bytes: Array(text.utf8), flags: flags)
  }

  init(_ path: String, bytes: [UInt8], flags: UInt32 = 0) {
    self.path = path
    self.bytes = bytes
    self.flags = flags
  }
}

/// What a provider is asked in a check.
struct Question: Sendable {
  enum Body: Sendable {
    case guardrail(Message)
    case auth(Credentials)
    /// Telemetry: `emit`, `export_metrics`, then `flush`, which completes.
    case telemetry(Batch)
  }

  struct Message: Sendable {
    var phase = SMG_PHASE_INPUT
    var surface = "tools/call"
    var policy = ""
    var texts: [QuestionText] = []
    var original: [QuestionText] = []
    var callState: [UInt8] = []
    var sessionState: [UInt8] = []
  }

  struct Credentials: Sendable {
    var headers: [(name: String, value: [UInt8])] = []
    var method = "POST"
    var target = "/mcp/"
    var transport = "http"
  }

  struct Batch: Sendable {
    var records: [TelemetryQuestion.Record] = []
    var hasMetrics = true
  }

  /// For the report: "one text, in the phase INPUT".
  var label: String
  var body: Body
  /// Nanoseconds until the host stops waiting; nil: the check's own limit. Negative: it is over already.
  var timeLeft: Int64?

  /// The operation that completes.
  var operation: String {
    switch body {
    case .guardrail: "check()"
    case .auth: "authenticate()"
    case .telemetry: "flush()"
    }
  }

  var expectation: CallExpectation {
    switch body {
    case .guardrail(let message): .verdict(message.segments)
    case .auth: .identity
    case .telemetry: .nothing
    }
  }
}

extension Question.Message {
  /// For judging the verdict.
  var segments: [Segment] {
    texts.map { Segment(pointer: $0.path, text: String(decoding: $0.bytes, as: UTF8.self), flags: Segment.Flags(rawValue: $0.flags)) }
  }

  func lent(_ memory: LentMemory, deadline: UInt64) -> UnsafePointer<smg_guard_request> {
    let (segments, originals) = (lent(texts, memory), lent(original, memory))
    return memory.one(
      smg_guard_request(
        size: UInt32(MemoryLayout<smg_guard_request>.size), phase: phase, context: memory.context(deadline: deadline),
        surface: memory.text(surface), server: memory.text("server"), item: memory.text("tool"), policy_json: memory.text(policy),
        policy_revision: memory.text(policy.isEmpty ? "" : "1"), segments: segments, segment_count: texts.count, original: originals,
        original_count: original.count, call_state: memory.bytes(callState), session_state: memory.bytes(sessionState)))
  }

  private func lent(_ texts: [QuestionText], _ memory: LentMemory) -> UnsafePointer<smg_segment>? {
    memory.array(
      texts.map {
        smg_segment(
          path: memory.text($0.path), text: memory.bytes($0.bytes), media_type: memory.text($0.mediaType), flags: $0.flags, reserved: 0)
      })
  }
}

extension Question.Credentials {
  func lent(_ memory: LentMemory, deadline: UInt64) -> UnsafePointer<smg_auth_request> {
    memory.one(
      smg_auth_request(
        size: UInt32(MemoryLayout<smg_auth_request>.size), flags: 0, context: memory.context(deadline: deadline, isKnown: false),
        headers: memory.pairs(headers), method: memory.text(method), target: memory.text(target),
        resource: memory.text("https://gateway.example/mcp/"), peer: memory.text(transport == "http" ? "203.0.113.7:50211" : ""),
        transport: memory.text(transport)))
  }
}
