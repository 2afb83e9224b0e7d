internal import ArgumentParser
internal import JSON

/// `apikey …`: what `user …-api-key` does, in fewer words, and what only there is.
struct APIKeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apikey", abstract: "Gateway keys: the same as `user …-api-key`, in fewer words.",
    subcommands: [
      Create.self, List.self, Rotate.self, Disable.self, Enable.self, Delete.self, DeleteAll.self, Migrate.self,
    ])

  struct Create: AdminChangeCommand {
    static let operation = KeyOperations.generate
    static let words = "apikey create"
    @OptionGroup var words: KeyCommands.GenerateWords
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { words.input }
  }

  struct List: AdminCommand {
    static let operation = KeyOperations.listAll
    static let words = "apikey list"
    static let discussion = "With a user: only that user's, as `user list-api-keys`."
    @Option(name: [.customLong("email"), .customLong("user-id")], help: "E-mail address or id of the user.") var user: String?
    @Option(
      name: [.customLong("project-name"), .customLong("project-id")], help: "With a user: only the keys for this project, by name or id.")
    var project: String?
    @OptionGroup var place: PlaceOptions

    func validate() throws {
      if project != nil, user == nil { throw ValidationError("--project-name goes with --email.") }
    }

    func input() -> JSONObject {
      var input: JSONObject = [:]
      if let user { input["email"] = .string(user) }
      if let project { input["project_name"] = .string(project) }
      return input
    }

    func run() async throws {
      try await Command.run { try await operate(user == nil ? KeyOperations.listAll : KeyOperations.list) }
    }
  }

  struct Rotate: AdminChangeCommand {
    static let operation = KeyOperations.rotate
    static let words = "apikey rotate"
    @OptionGroup var words: KeyCommands.RotateWords
    @OptionGroup var options: ChangeOptions
    func input() throws -> JSONObject { try words.input() }
  }

  struct Disable: AdminChangeCommand {
    static let operation = KeyOperations.disable
    static let words = "apikey disable"
    @OptionGroup var key: KeyWord
    @OptionGroup var options: ChangeOptions
    func input() throws -> JSONObject { try key.input() }
  }

  struct Enable: AdminChangeCommand {
    static let operation = KeyOperations.enable
    static let words = "apikey enable"
    @OptionGroup var key: KeyWord
    @OptionGroup var options: ChangeOptions
    func input() throws -> JSONObject { try key.input() }
  }

  struct Delete: AdminChangeCommand {
    static let operation = KeyOperations.delete
    static let words = "apikey delete"
    @OptionGroup var key: KeyWord
    @OptionGroup var options: ChangeOptions
    func input() throws -> JSONObject { try key.input() }
  }

  struct DeleteAll: AdminChangeCommand {
    static let operation = KeyOperations.deleteAll
    static let words = "apikey delete-all"
    @OptionGroup var user: UserWord
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { user.input }
  }

  struct Migrate: AdminChangeCommand {
    static let operation = KeyOperations.migrate
    static let discussion = "A running gateway takes the change at its next call; nobody has to get another key."
    @OptionGroup var options: ChangeOptions
  }
}
