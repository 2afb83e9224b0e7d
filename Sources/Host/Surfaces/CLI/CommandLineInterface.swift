internal import ArgumentParser

/// The program's front door for people: reads the arguments, runs one command, exits with its status.
package enum CommandLineInterface {
  package static func main() async { await RootCommand.main() }
}
