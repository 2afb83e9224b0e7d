internal import ArgumentParser
internal import JSON

struct ProjectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "project", abstract: "Projects: users who share one MCP config.",
    subcommands: [
      List.self, Create.self, Get.self, Remove.self, Search.self, Export.self, AssignConfig.self, UnassignConfig.self, GetConfig.self,
      ListUsers.self, AddUser.self, RemoveUser.self, RemoveAllUsers.self,
    ])

  struct List: AdminCommand {
    static let operation = ProjectOperations.list
    @OptionGroup var place: PlaceOptions
  }

  struct Create: AdminChangeCommand {
    static let operation = ProjectOperations.create
    @Option(help: "Name of the new project.") var projectName: String
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { ["project_name": .string(projectName)] }
  }

  struct Get: AdminCommand {
    static let operation = ProjectOperations.get
    @OptionGroup var project: ProjectWord
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { project.input }
  }

  struct Remove: AdminChangeCommand {
    static let operation = ProjectOperations.remove
    @OptionGroup var project: ProjectWord
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { project.input }
  }

  struct Search: AdminCommand {
    static let operation = ProjectOperations.search
    @OptionGroup var term: SearchWord
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { term.input }
  }

  struct Export: AdminCommand {
    static let operation = ProjectOperations.export
    @OptionGroup var project: ProjectWord
    @OptionGroup var file: OutputFileWord
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { project.input }
    var outputFile: String? { file.outputFile }
  }

  struct AssignConfig: AdminChangeCommand {
    static let operation = ProjectOperations.assignConfig
    @OptionGroup var project: ProjectWord
    @OptionGroup var config: ConfigWord
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { project.input.adding(config.input) }
  }

  struct UnassignConfig: AdminChangeCommand {
    static let operation = ProjectOperations.unassignConfig
    @OptionGroup var project: ProjectWord
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { project.input }
  }

  struct GetConfig: AdminCommand {
    static let operation = ProjectOperations.getConfig
    @OptionGroup var project: ProjectWord
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { project.input }
  }

  struct ListUsers: AdminCommand {
    static let operation = MemberOperations.list
    @OptionGroup var project: ProjectWord
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { project.input }
  }

  struct AddUser: AdminChangeCommand {
    static let operation = MemberOperations.add
    @OptionGroup var project: ProjectWord
    @OptionGroup var user: UserWord
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { project.input.adding(user.input) }
  }

  struct RemoveUser: AdminChangeCommand {
    static let operation = MemberOperations.remove
    @OptionGroup var project: ProjectWord
    @OptionGroup var user: UserWord
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { project.input.adding(user.input) }
  }

  struct RemoveAllUsers: AdminChangeCommand {
    static let operation = MemberOperations.removeAll
    @OptionGroup var project: ProjectWord
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { project.input }
  }
}
