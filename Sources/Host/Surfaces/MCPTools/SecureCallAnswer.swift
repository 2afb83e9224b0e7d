internal import JSON
internal import MCP

/// Writes the answer of `enkrypt_secure_call_tools`, item by item, in the shapes that clients of the original read. Server results are taken over byte by byte.
struct SecureCallAnswer {
  private let server: ServerEntry
  private var items: [[UInt8]] = []
  private var successful = 0
  private var blocked = 0
  private var failed = 0
  private var skipped = 0

  init(server: ServerEntry) { self.server = server }

  /// Whether a call failed or was blocked so far.
  var hasTrouble: Bool { blocked + failed > 0 }

  mutating func add(_ outcome: Pipeline.Outcome, of call: ToolCallRequest) {
    switch outcome.status {
    case .success: successful += 1
    case .error: failed += 1
    case .blockedInput, .blockedOutput, .blockedByRelevancy, .blockedByAdherence, .blockedByHallucination: blocked += 1
    case .inputRequired: failed += 1
    }
    item(reservingBytes: expectedBytes(of: outcome, call)) { writer, answer in
      writer.text("status", outcome.status.rawValue)
      switch outcome {
      case .answered(let result, _, let input, let output): answer.finished(result, input, output, call, &writer)
      case .refused(let error, let output): answer.refused(error, output, call, &writer)
      case .blockedInput(let report): answer.blocked("input", report, call, &writer)
      case .blockedOutput(let report): answer.blocked("output", report, call, &writer)
      case .failed(let error): answer.failed(error, call, &writer)
      case .inputRequired: answer.failed(GatewayError(.toolExecutionFailed, "The server asks for input."), call, &writer)
      }
    }
  }

  /// An item that is no call.
  mutating func reject(_ error: GatewayError, index: Int, _ raw: RawJSON) {
    failed += 1
    item { writer, answer in
      writer.text("status", "error")
      writer.text("error", error.message)
      writer.text("message", error.message)
      writer.text("error_code", error.code.rawValue)
      answer.data(index: index, tool: error.toolName, arguments: nil, &writer)
    }
  }

  /// A call that was not made because an earlier one failed or was blocked.
  mutating func skip(index: Int, _ raw: RawJSON) {
    skipped += 1
    let name: String?
    do throws(GatewayError) { name = try ToolCallRequest(raw, index: index).tool } catch { name = nil }
    item { writer, answer in
      writer.text("status", "skipped")
      writer.text("message", "Not run: an earlier call of this batch failed or was blocked")
      answer.data(index: index, tool: name, arguments: nil, &writer)
    }
  }

  func result() -> ToolResult {
    var writer = JSONWriter(reservingBytes: items.reduce(512 + server.name.utf8.count) { $0 + $1.count + 1 })
    let status = failed + blocked + skipped == 0 ? "success" : successful > 0 ? "partial" : "error"
    writer.object { writer in
      writer.text("server_name", server.name)
      writer.text("status", status)
      writer.key("summary")
      writer.object { writer in
        writer.number("total_calls", items.count)
        writer.number("successful_calls", successful)
        writer.number("blocked_calls", blocked)
        writer.number("failed_calls", failed)
        writer.number("skipped_calls", skipped)
      }
      writer.key("guardrails_applied")
      writer.object { writer in
        writer.flag("input_guardrails_enabled", server.inputPolicy.isEnabled)
        writer.flag("output_guardrails_enabled", server.outputPolicy.isEnabled)
        writer.flag("pii_redaction_enabled", server.inputPolicy.redactsPII || server.outputPolicy.redactsPII)
        let checks = server.outputPolicy.isEnabled ? server.outputPolicy.checks : []
        for check in PolicyCheck.ofAnswers { writer.flag("\(check.rawValue)_check_enabled", checks.contains(check)) }
      }
      writer.key("results")
      writer.array { writer in for item in items { writer.raw(item) } }
    }
    return ToolResult(document: writer.bytes, isError: status == "error")
  }

  // MARK: Items

  /// A guess: the first text stands in an answer twice.
  private func expectedBytes(of outcome: Pipeline.Outcome, _ call: ToolCallRequest) -> Int {
    var sum = 1024 + call.arguments.bytes.count + server.inputPolicy.json.count + server.outputPolicy.json.count
    if case .answered(let result, _, _, _) = outcome { sum += 2 * result.bytes.count }
    return sum
  }

  private mutating func item(reservingBytes capacity: Int = 1024, _ write: (inout JSONWriter, Self) -> Void) {
    var writer = JSONWriter(reservingBytes: capacity)
    writer.object { write(&$0, self) }
    items.append(writer.bytes)
  }

  private func finished(
    _ result: RawJSON, _ input: ScreeningReport, _ output: ScreeningReport, _ call: ToolCallRequest, _ writer: inout JSONWriter
  ) {
    let isError = result["isError"]?.boolValue == true
    let content = result["content"]
    writer.text("message", isError ? "The tool reported an error" : "Request processed successfully")
    if isError { writer.text("error", "The tool reported an error") }
    writer.key("response")
    // The first block's text, as the original answers; `content` has everything.
    if let text = content?[0].flatMap({ ContentBlock($0) })?.rawText { writer.raw(text) } else { writer.string("") }
    writer.key("content")
    if let content, content.kind == .array { writer.raw(content) } else { writer.array { _ in } }
    if let value = result["structuredContent"] { writer.member("structuredContent", value) }
    if let meta = result["_meta"] {
      writer.key("_meta")
      if let cleaned = ResultRewriting.cleaned(meta) { writer.raw(cleaned) } else { writer.raw(meta) }
    }
    writer.flag("is_error", isError)
    data(index: call.index, tool: call.tool, arguments: call.arguments, &writer)
    detections(input, output, &writer)
  }

  private func refused(_ error: RawJSON, _ output: ScreeningReport, _ call: ToolCallRequest, _ writer: inout JSONWriter) {
    writer.text("error", "The server refused the call")
    writer.text("message", "The server refused the call")
    writer.text("error_code", GatewayError.Code.toolExecutionFailed.rawValue)
    writer.key("upstream_error")
    writer.raw(error)
    data(index: call.index, tool: call.tool, arguments: call.arguments, &writer)
  }

  private func failed(_ error: GatewayError, _ call: ToolCallRequest, _ writer: inout JSONWriter) {
    writer.text("error", error.message)
    writer.text("message", error.message)
    writer.text("error_code", error.code.rawValue)
    if let reason = error.reason { writer.text("reason", reason) }
    data(index: call.index, tool: call.tool, arguments: call.arguments, &writer)
  }

  private func blocked(_ direction: String, _ report: ScreeningReport, _ call: ToolCallRequest, _ writer: inout JSONWriter) {
    let names = report.categories.joined(separator: ", ")
    writer.text("message", "Request blocked due to \(direction) guardrail violations: \(names)")
    writer.text("response", "")
    data(index: call.index, tool: call.tool, arguments: call.arguments, &writer)
    if direction == "input" {
      writer.key("input_guardrail_response")
      report.write(into: &writer, isForSender: true)
    } else {
      detections(nil, report, &writer)
    }
  }

  private func data(index: Int, tool: String?, arguments: RawJSON?, _ writer: inout JSONWriter) {
    writer.key("enkrypt_mcp_data")
    writer.object { writer in
      writer.number("call_index", index)
      writer.text("server_name", server.name)
      writer.key("tool_name")
      if let tool { writer.string(tool) } else { writer.null() }
      writer.key("args")
      if let arguments { writer.raw(arguments) } else { writer.object { _ in } }
    }
  }

  private func detections(_ input: ScreeningReport?, _ output: ScreeningReport, _ writer: inout JSONWriter) {
    writer.key("enkrypt_policy_detections")
    writer.object { writer in
      writer.key("input_guardrail_policy")
      writer.raw(server.inputPolicy.published)
      writer.key("input_guardrail_response")
      if let input, server.inputPolicy.isEnabled { input.write(into: &writer, isForSender: true) } else { writer.object { _ in } }
      writer.key("output_guardrail_policy")
      writer.raw(server.outputPolicy.published)
      writer.key("output_guardrail_response")
      if server.outputPolicy.isEnabled { output.write(into: &writer, isForSender: false) } else { writer.object { _ in } }
      for check in PolicyCheck.ofAnswers {
        writer.key("output_\(check.rawValue)_response")
        output.write(check, isAsked: server.outputPolicy.checks.contains(check), into: &writer)
      }
    }
  }
}

extension Pipeline.Outcome {
  /// The words of an item's `status`.
  enum Status: String {
    case success, error
    case blockedInput = "blocked_input"
    case blockedOutput = "blocked_output"
    // The answer was decent, and did not fit what was asked.
    case blockedByRelevancy = "blocked_output_relevancy"
    case blockedByAdherence = "blocked_output_adherence"
    case blockedByHallucination = "blocked_output_hallucination"
    case inputRequired = "input_required"
  }

  var status: Status {
    switch self {
    case .answered(let result, _, _, _): result["isError"]?.boolValue == true ? .error : .success
    case .blockedInput: .blockedInput
    case .blockedOutput(let report): report.outputStatus
    case .refused, .failed: .error
    case .inputRequired: .inputRequired
    }
  }
}

extension ScreeningReport {
  /// Of a block by nothing but checks of answers, the first of them.
  fileprivate var outputStatus: Pipeline.Outcome.Status {
    let checks = findings.map { PolicyCheck(rawValue: $0.violation.category) }
    guard checks.allSatisfy({ $0?.isOfAnswers == true }) else { return .blockedOutput }
    return switch checks.first {
    case .relevancy: .blockedByRelevancy
    case .adherence: .blockedByAdherence
    case .hallucination: .blockedByHallucination
    default: .blockedOutput
    }
  }
}

extension JSONWriter {
  mutating func text(_ name: String, _ value: String) {
    key(name)
    string(value)
  }
  mutating func number(_ name: String, _ value: Int) {
    key(name)
    int(value)
  }
  mutating func flag(_ name: String, _ value: Bool) {
    key(name)
    bool(value)
  }
}
