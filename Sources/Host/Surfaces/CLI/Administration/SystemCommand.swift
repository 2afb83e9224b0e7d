internal import ArgumentParser
internal import JSON

struct SystemCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "system", abstract: "The configuration as a whole, and the REST API: check, back up, restore, reset, serve.",
    subcommands: [
      HealthCheck.self, Health.self, Backup.self, Restore.self, Reset.self, GenerateAdminKey.self, StartAPI.self, StopAPI.self,
    ])

  struct HealthCheck: AdminCommand {
    static let operation = SystemOperations.healthCheck
    static let discussion = "Exit status 1 when there are issues."
    @OptionGroup var place: PlaceOptions
  }

  struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show how the guardrails of a running gateway are doing: runs, failures, breaker, last run.",
      discussion: "Exit status 1 when one of them gives no verdicts. Why it fails stands in the gateway's log.")
    @OptionGroup var gateway: GatewayOption
    @Option(help: "json, table or yaml. Without it: a table on a terminal, JSON elsewhere.") var output: OutputFormat?

    func run() async throws {
      try await Command.run {
        let guardrails = try await gateway.ask(.getTimeoutMetrics)["guardrails"]?.arrayValue ?? []
        let isHealthy = !guardrails.contains { $0["state"]?.stringValue == "failing" }
        let format = output ?? (Output.isTerminal ? .table : .json)
        if format == .table {
          try Output.show(.array(guardrails.map(Self.row)), as: format)
        } else {
          try Output.show(["status": isHealthy ? "healthy" : "failing", "guardrails": .array(guardrails)], as: format)
        }
        if !isHealthy { throw ExitCode(1) }
      }
    }

    private static func row(_ guardrail: JSONValue) -> JSONValue {
      let columns = [
        "guardrail", "state", "breaker", "runs", "blocked", "failures", "not_asked", "mean_milliseconds", "last_run", "last_failure",
      ]
      return .object(columns.reduce(into: JSONObject()) { $0[$1] = guardrail[$1] ?? .null })
    }
  }

  struct Backup: AdminCommand {
    static let operation = SystemOperations.backup
    @OptionGroup var file: OutputFileWord
    @OptionGroup var place: PlaceOptions
    var outputFile: String? { file.outputFile }
  }

  struct Restore: AdminChangeCommand {
    static let operation = SystemOperations.restore
    static let discussion = "Takes what `system backup` wrote, or a whole configuration such as a backup made by a change."
    @OptionGroup var file: InputFileWord
    @OptionGroup var options: ChangeOptions
    func input() throws -> JSONObject { try file.input() }
  }

  struct Reset: AdminChangeCommand {
    static let operation = SystemOperations.reset
    @Flag(help: "Yes, really.") var confirm = false
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { ["confirm": .bool(confirm)] }
  }

  struct GenerateAdminKey: AdminChangeCommand {
    static let operation = SystemOperations.generateAdminKey
    static let discussion = "The file keeps only its digest. The key before, if there was one, stops working at once."
    @OptionGroup var options: ChangeOptions
  }
}
