internal import ArgumentParser
internal import Glibc

/// The program's front door for people: reads the arguments, runs one command, exits with its status.
package enum CommandLineInterface {
  package static func main() async {
    if let complaint = unknownCommand(among: Array(CommandLine.arguments.dropFirst())) {
      Output.complain(complaint.message, nil, suggestions: [complaint.suggestion])
      exit(EX_USAGE)
    }
    await RootCommand.main()
  }

  /// What to say of a command that does not exist; nil when the words name commands, as far as words lead to commands. Also for `help`, whose own
  /// answer to an unknown word is the general help and success.
  static func unknownCommand(among words: [String]) -> (message: String, suggestion: String)? {
    var words = words[...]
    if words.first == "help" { words = words.dropFirst() }
    var command: any ParsableCommand.Type = RootCommand.self
    var path = command.configuration.commandName ?? ""
    while let word = words.first, !word.hasPrefix("-"), !command.configuration.subcommands.isEmpty {
      let known = command.configuration.subcommands
      guard let next = known.first(where: { name(of: $0) == word }) else {
        let suggestion = Suggestion.didYouMean(word, among: known.map(name))
        return ("There is no command \"\(Fields.shown(word))\".", suggestion ?? "\"\(path) --help\" lists the commands.")
      }
      (command, words) = (next, words.dropFirst())
      path += " " + word
    }
    return nil
  }

  private static func name(of command: any ParsableCommand.Type) -> String { command.configuration.commandName ?? command._commandName }
}
