internal import ArgumentParser

/// Every command with its words and its help, found by walking the tree: for references, and for the tests that hold commands and operations together.
enum CommandReference {
  struct Entry {
    /// After the program's name, e.g. "project add-user".
    var words: String
    /// The administrative operation that it is.
    var operation: String?
    var help: String
  }

  static var entries: [Entry] { entries(of: RootCommand.self, words: []) }

  private static func entries(of command: any ParsableCommand.Type, words: [String]) -> [Entry] {
    let inner = command.configuration.subcommands
    guard inner.isEmpty else {
      return inner.flatMap { entries(of: $0, words: words + [$0.configuration.commandName ?? $0._commandName]) }
    }
    let operation = (command as? any AdminCommand.Type)?.operation.name
    return [Entry(words: words.joined(separator: " "), operation: operation, help: RootCommand.helpMessage(for: command, columns: 200))]
  }
}
