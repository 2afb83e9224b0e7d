internal import ArgumentParser
internal import JSON

struct SystemCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "system", abstract: "The configuration as a whole, and the REST API: check, back up, restore, reset, serve.",
    subcommands: [HealthCheck.self, Backup.self, Restore.self, Reset.self, GenerateAdminKey.self, StartAPI.self, StopAPI.self])

  struct HealthCheck: AdminCommand {
    static let operation = SystemOperations.healthCheck
    static let discussion = "Exit status 1 when there are issues."
    @OptionGroup var place: PlaceOptions
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
