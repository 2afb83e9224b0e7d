internal import ArgumentParser
internal import JSON

struct GuardrailCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guardrail", abstract: "Look at the guardrails of a configuration, and try them.", subcommands: [List.self, Test.self])

  struct List: AskCommand {
    static let operation = GuardrailOperations.list
    static let configuration = CommandConfiguration(abstract: operation.summary)
    @OptionGroup var place: PlaceOptions
    @OptionGroup var mcpConfig: MCPConfigOption

    func run() async throws {
      try await ask(GuardrailList.self, NoInput()) { try Output.show($0, as: place.output) }
    }
  }

  struct Test: AskCommand {
    static let operation = GuardrailOperations.test
    static let configuration = CommandConfiguration(
      abstract: operation.summary,
      discussion: """
        The plugins and the configuration are the real ones, whether of the file or, with --url, of a running gateway: services are asked.
        Exit status: 0 the text may pass (perhaps rewritten), 3 it is blocked, 4 a guardrail gave no verdict, 1 the test could not be made.
        """)
    @OptionGroup var place: PlaceOptions
    @OptionGroup var mcpConfig: MCPConfigOption
    @Option(name: [.customLong("server"), .customLong("server-name")], help: "The server whose guardrails judge.") var server: String
    @Option(help: ArgumentHelp("The text; - reads it from standard input.", valueName: "text")) var input: String
    @Option(
      help: ArgumentHelp(
        "What the text is taken for: input (arguments of a call), output (an answer), tool or server (a definition).", valueName: "phase"))
    var phase = Phase.input
    @Option(help: "The tool that it belongs to.") var tool = ""
    @Flag(help: "The text is JSON, to be judged in all its parts.") var json = false

    enum Phase: String, ExpressibleByArgument, CaseIterable {
      case input, output, tool, server

      var screened: GuardrailPhase {
        switch self {
        case .input: .input
        case .output: .output
        case .tool: .tool
        case .server: .server
        }
      }
    }

    func run() async throws {
      let content: RawJSON
      do { content = try self.content() } catch {
        return try await Command.run { throw error }
      }
      let question = GuardrailTest.Input(server: server, phase: phase.screened, tool: tool, content: content)
      let fields: JSONObject = [
        "server_name": .string(server), "phase": .string(phase.rawValue), "tool": .string(tool), "content": content.value,
      ]
      try await ask(GuardrailTest.self, question, fields) { answer in
        try show(answer)
        let outcome = answer["outcome"]?.stringValue.flatMap(GuardrailTest.Outcome.init)
        if let status = Self.status(outcome) { throw ExitCode(status) }
      }
    }

    private func content() throws -> RawJSON {
      let bytes = input == "-" ? try InputText.file("-") : Array(input.utf8)
      if json { return try InputText.parse(bytes, from: "--input") }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw GatewayError(.toolInvalidArguments, "The text of --input is not UTF-8.")
      }
      return GuardrailTest.content(text)
    }

    /// A table has a row for each guardrail; the outcome then goes to standard error.
    private func show(_ answer: JSONValue) throws {
      let format = place.output ?? (Output.isTerminal ? .table : .json)
      guard format == .table else { return try Output.show(answer, as: format) }
      let rows = (answer["guardrails"]?.arrayValue ?? []).map(Self.row)
      try Output.show(.array(rows), as: .table)
      Output.tell("\(answer["phase"]?.stringValue ?? "") of \(server): \(answer["outcome"]?.stringValue ?? "")")
      if let text = answer["transformed"] { Output.tell("becomes \(text.serializedString())") }
    }

    private static func row(_ statement: JSONValue) -> JSONValue {
      let findings = statement["findings"]?.arrayValue ?? []
      let detectors = findings.compactMap { $0["detector"]?.stringValue }
      let places = findings.compactMap { finding in
        finding["place"]?.stringValue.map { "\($0):\(finding["start"]?.intValue ?? 0)-\(finding["end"]?.intValue ?? 0)" }
      }
      return [
        "guardrail": statement["guardrail"] ?? .null, "action": statement["action"] ?? .null,
        "found": detectors.isEmpty ? statement["reason"] ?? .null : .array(detectors.map(JSONValue.string)),
        "places": .array(places.map(JSONValue.string)), "milliseconds": statement["milliseconds"] ?? .null,
      ]
    }

    private static func status(_ outcome: GuardrailTest.Outcome?) -> Int32? {
      switch outcome {
      case .allowed, .transformed: nil
      case .unscreened: tellUnscreened()
      case .blocked: 3
      case .noVerdict: 4
      case nil: 1
      }
    }

    private static func tellUnscreened() -> Int32? {
      Output.tell("warning: no guardrail judges this at this server; it passes as it is")
      return nil
    }
  }
}
