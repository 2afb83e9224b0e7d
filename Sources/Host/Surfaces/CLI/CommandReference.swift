internal import ArgumentParser
internal import JSON

/// `reference`: the help of all commands in one document, as it stands in `docs/COMMANDS.md`, or as a manual page.
struct ReferenceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference", abstract: "Print the reference of the commands, of the REST API or of the errors.", shouldDisplay: false)

  enum Form: String, EnumerableFlag {
    case markdown, man, openapi, errors

    static func help(for form: Form) -> ArgumentHelp? {
      switch form {
      case .markdown: "The help of all commands as Markdown."
      case .man: "The same as a page for man(1)."
      case .openapi: "The REST API in OpenAPI 3.1."
      case .errors: "The error codes as Markdown."
      }
    }
  }

  @Flag var form: Form = .markdown

  func run() async throws {
    switch form {
    case .markdown: Output.print(CommandReference.markdown)
    case .man: Output.print(ManualPage.text(CommandReference.shown))
    case .openapi: Output.print(OpenAPI.document.serializedString(pretty: true))
    case .errors: Output.print(ErrorReference.markdown)
    }
  }
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
    let operation = (command as? any RoutedCommand.Type)?.operation.name
    var help = RootCommand.helpMessage(for: command, columns: 120)
    while help.last?.isNewline == true { help.removeLast() }
    return [Entry(words: words.joined(separator: " "), operation: operation, help: help)]
  }
}
