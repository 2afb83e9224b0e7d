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

  struct Health: RoutedCommand {
    static let operation = RuntimeOperations.health
    static let configuration = CommandConfiguration(
      abstract: operation.summary,
      discussion: "Exit status 1 when one of them gives no verdicts. Why it fails stands in the gateway's log.")
    @OptionGroup var gateway: GatewayOption

    func run() async throws {
      try await Command.run {
        let answer = try await gateway.ask(.getTimeoutMetrics)
        let health = ProviderHealth(answer)
        let format = gateway.output ?? (Output.isTerminal ? .table : .json)
        if format == .table {
          try Output.show(.array(health.guardrails.map(Self.row)), as: format)
          Output.print("")
          try Output.show(.array(health.plugins.map(Self.pluginRow)), as: format)
        } else {
          try Output.show(health.document, as: format)
        }
        if !health.isHealthy { throw ExitCode(1) }
      }
    }

    private static func row(_ guardrail: JSONValue) -> JSONValue {
      let columns = [
        "guardrail", "state", "breaker", "runs", "blocked", "failures", "not_asked", "mean_milliseconds", "last_run", "last_failure",
      ]
      return .object(columns.reduce(into: JSONObject()) { $0[$1] = guardrail[$1] ?? .null })
    }

    private static func pluginRow(_ plugin: JSONValue) -> JSONValue {
      let columns = [
        "binding", "plugin", "version", "generation", "mode", "pid", "restarts", "memory_bytes", "trust", "calls", "failures",
        "misbehaviours",
      ]
      var row = columns.reduce(into: JSONObject()) { $0[$1] = plugin[$1] ?? .null }
      row["signer"] = plugin["signer"]?["name"] ?? .null
      row["p99_milliseconds"] = plugin["latency"]?["p99_milliseconds"] ?? .null
      row["sha256"] = plugin["sha256"]?.stringValue.map { .string(String($0.prefix(12))) } ?? .null
      return .object(row)
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
