internal import ArgumentParser
internal import JSON

struct UserCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user", abstract: "Users and their keys.",
    subcommands: [
      List.self, Create.self, Get.self, Update.self, Delete.self, Search.self, ListProjects.self, KeyCommands.Generate.self,
      KeyCommands.Rotate.self, KeyCommands.Disable.self, KeyCommands.Enable.self, KeyCommands.Delete.self, KeyCommands.DeleteAll.self,
      KeyCommands.List.self, KeyCommands.ListAll.self,
    ])

  struct List: AdminCommand {
    static let operation = UserOperations.list
    @OptionGroup var place: PlaceOptions
  }

  struct Create: AdminChangeCommand {
    static let operation = UserOperations.create
    @Option(help: "E-mail address of the new user.") var email: String
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { ["email": .string(email)] }
  }

  struct Get: AdminCommand {
    static let operation = UserOperations.get
    @OptionGroup var user: UserWord
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { user.input }
  }

  struct Update: AdminChangeCommand {
    static let operation = UserOperations.update
    @OptionGroup var user: UserWord
    @Option(help: "The new e-mail address.") var newEmail: String
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { user.input.adding(["new_email": .string(newEmail)]) }
  }

  struct Delete: AdminChangeCommand {
    static let operation = UserOperations.delete
    @OptionGroup var user: UserWord
    @Flag(help: "Delete the user's keys and memberships too.") var force = false
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { user.input.adding(["force": .bool(force)]) }
  }

  struct Search: AdminCommand {
    static let operation = UserOperations.search
    @OptionGroup var term: SearchWord
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { term.input }
  }

  struct ListProjects: AdminCommand {
    static let operation = UserOperations.listProjects
    @OptionGroup var user: UserWord
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { user.input }
  }
}
