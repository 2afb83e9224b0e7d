internal import ArgumentParser
internal import JSON

/// Keys, by the original's words (`user rotate-api-key`) and by shorter ones (`apikey rotate`).
enum KeyCommands {
  struct GenerateWords: ParsableArguments {
    @OptionGroup var user: UserWord
    @OptionGroup var project: ProjectWord
    @Option(help: "When the key expires, such as 2026-12-31T23:59:59Z. Without it, never.") var expiresAt: String?
    @Option(help: "user, to use the project's servers; or admin, to administer over REST too. Without it, user.") var role: String?

    var input: JSONObject {
      user.input.adding(project.input).adding(expiresAt.map { ["expires_at": .string($0)] } ?? [:])
        .adding(role.map { ["role": .string($0)] } ?? [:])
    }
  }

  struct RotateWords: ParsableArguments {
    @OptionGroup var key: KeyWord
    @Option(help: "How long the old key still works. Without it, it stops at once.") var overlapSeconds: Int?

    func input() throws -> JSONObject { try key.input().adding(overlapSeconds.map { ["overlap_seconds": .init($0)] } ?? [:]) }
  }

  struct ListWords: ParsableArguments {
    @OptionGroup var user: UserWord
    @Option(name: [.customLong("project-name"), .customLong("project-id")], help: "Only the keys for this project, by name or id.")
    var project: String?

    var input: JSONObject { user.input.adding(project.map { ["project_name": .string($0)] } ?? [:]) }
  }

  struct Generate: AdminChangeCommand {
    static let operation = KeyOperations.generate
    @OptionGroup var words: GenerateWords
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { words.input }
  }

  struct Rotate: AdminChangeCommand {
    static let operation = KeyOperations.rotate
    @OptionGroup var words: RotateWords
    @OptionGroup var options: ChangeOptions
    func input() throws -> JSONObject { try words.input() }
  }

  struct Disable: AdminChangeCommand {
    static let operation = KeyOperations.disable
    @OptionGroup var key: KeyWord
    @OptionGroup var options: ChangeOptions
    func input() throws -> JSONObject { try key.input() }
  }

  struct Enable: AdminChangeCommand {
    static let operation = KeyOperations.enable
    @OptionGroup var key: KeyWord
    @OptionGroup var options: ChangeOptions
    func input() throws -> JSONObject { try key.input() }
  }

  struct Delete: AdminChangeCommand {
    static let operation = KeyOperations.delete
    @OptionGroup var key: KeyWord
    @OptionGroup var options: ChangeOptions
    func input() throws -> JSONObject { try key.input() }
  }

  struct DeleteAll: AdminChangeCommand {
    static let operation = KeyOperations.deleteAll
    @OptionGroup var user: UserWord
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { user.input }
  }

  struct List: AdminCommand {
    static let operation = KeyOperations.list
    @OptionGroup var words: ListWords
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { words.input }
  }

  struct ListAll: AdminCommand {
    static let operation = KeyOperations.listAll
    @OptionGroup var place: PlaceOptions
  }
}
