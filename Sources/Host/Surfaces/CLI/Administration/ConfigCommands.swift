internal import ArgumentParser
internal import JSON

/// `config …`: MCP configs, their servers and their policies.
struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "MCP configs: named sets of servers. And: check the configuration.",
    subcommands: [
      List.self, Add.self, Copy.self, Rename.self, Get.self, Remove.self, Search.self, Export.self, Import.self, Validate.self, Schema.self,
      ListProjects.self, ListServers.self, GetServer.self, AddServer.self, UpdateServer.self, RemoveServer.self, RemoveAllServers.self,
      UpdateInputGuardrails.self, UpdateOutputGuardrails.self, UpdateGuardrails.self,
    ])

  struct List: AdminCommand {
    static let operation = ConfigOperations.list
    @OptionGroup var place: PlaceOptions
  }

  struct Add: AdminChangeCommand {
    static let operation = ConfigOperations.add
    @Option(help: "Name of the new MCP config.") var configName: String
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { ["config_name": .string(configName)] }
  }

  struct Copy: AdminChangeCommand {
    static let operation = ConfigOperations.copy
    @Option(help: "Name or id of the MCP config to copy.") var sourceConfig: String
    @Option(help: "Name of the copy.") var targetConfig: String
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { ["source_config": .string(sourceConfig), "target_config": .string(targetConfig)] }
  }

  struct Rename: AdminChangeCommand {
    static let operation = ConfigOperations.rename
    @OptionGroup var config: ConfigWord
    @Option(help: "The new name.") var newName: String
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { config.input.adding(["new_name": .string(newName)]) }
  }

  struct Get: AdminCommand {
    static let operation = ConfigOperations.get
    @OptionGroup var config: ConfigWord
    @Flag(help: "Show environment variables, headers and arguments in clear.") var showSecrets = false
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { config.input.adding(["show_secrets": .bool(showSecrets)]) }
  }

  struct ListProjects: AdminCommand {
    static let operation = ConfigOperations.listProjects
    @OptionGroup var config: ConfigWord
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { config.input }
  }

  struct Remove: AdminChangeCommand {
    static let operation = ConfigOperations.remove
    @OptionGroup var config: ConfigWord
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { config.input }
  }

  struct Search: AdminCommand {
    static let operation = ConfigOperations.search
    @OptionGroup var term: SearchWord
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { term.input }
  }

  struct Export: AdminCommand {
    static let operation = ConfigOperations.export
    @OptionGroup var config: ConfigWord
    @OptionGroup var file: OutputFileWord
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { config.input }
    var outputFile: String? { file.outputFile }
  }

  struct Import: AdminChangeCommand {
    static let operation = ConfigOperations.importing
    @OptionGroup var file: InputFileWord
    @Option(help: "Name of the new MCP config.") var configName: String
    @OptionGroup var options: ChangeOptions
    func input() throws -> JSONObject { try file.input().adding(["config_name": .string(configName)]) }
  }

  /// With a name: that MCP config. Without: the whole file, and the plugins that it names.
  struct Schema: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the JSON Schema of the configuration file.",
      discussion: "Name it in \"$schema\" of the file, and editors complete keys and mark mistakes. `config validate` checks more.")

    func run() async throws {
      try await Command.run { Output.print(String(decoding: try ConfigSchema.text().dropLast(), as: UTF8.self)) }
    }
  }

  struct Validate: AdminCommand {
    static let operation = ConfigOperations.validate
    static let discussion = """
      Without a name: the whole file, its references and the plugins that it names, as `serve` checks them before it listens. Every problem is \
      printed with file, line, JSON pointer, reason and a suggestion.
      """
    @Option(name: [.customLong("config-name"), .customLong("config-id")], help: "Name or id of the MCP config.") var config: String?
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { config.map { ["config_name": .string($0)] } ?? [:] }

    func run() async throws {
      guard config == nil else { return try await Command.run { try await operate() } }
      try await Command.run {
        try place.remote.refuse("The whole file is checked where it is: give --config-name, or leave out --url.")
        try await Output.show(document: ConfigValidate.run(NoInput(), place.config.context()), as: place.output)
      }
    }
  }
}
