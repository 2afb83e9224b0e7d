internal import ArgumentParser

/// `reference`: the help of all commands in one document, as it stands in `docs/COMMANDS.md`, or as a manual page.
struct ReferenceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference", abstract: "Print the help of all commands as Markdown.", shouldDisplay: false)

  @Flag(help: "As a page for man(1).") var man = false

  func run() async throws { Output.print(man ? ManualPage.text(CommandReference.shown) : CommandReference.markdown) }
}

/// Every command with its words and its help, found by walking the tree: for references, and for the tests that hold commands and operations together.
enum CommandReference {
  struct Entry {
    /// After the program's name, e.g. "project add-user".
    var words: String
    /// The administrative operation that it is.
    var operation: String?
    var help: String
  }

  /// For `docs/COMMANDS.md`.
  static var markdown: String {
    let heading = """
      # Commands

      Written by `secure-mcp-gateway reference`. What they are for, by task: [ADMINISTRATION.md](ADMINISTRATION.md).

      """
    return heading + shown.map { "\n## \($0.words)\n\n```\n\($0.help)\n```\n" }.joined()
  }

  static var shown: [Entry] { entries.filter { $0.words != "reference" } }

  static var entries: [Entry] { entries(of: RootCommand.self, words: []) }

  private static func entries(of command: any ParsableCommand.Type, words: [String]) -> [Entry] {
    let inner = command.configuration.subcommands
    guard inner.isEmpty else {
      return inner.flatMap { entries(of: $0, words: words + [$0.configuration.commandName ?? $0._commandName]) }
    }
    let operation = (command as? any AdminCommand.Type)?.operation.name
    var help = RootCommand.helpMessage(for: command, columns: 120)
    while help.last?.isNewline == true { help.removeLast() }
    return [Entry(words: words.joined(separator: " "), operation: operation, help: help)]
  }
}
