internal import ArgumentParser
internal import JSON

struct GenerateConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate-config", abstract: "Write a working configuration: one server, one guardrail, one key.",
    discussion:
      "The gateway key is printed once; the file keeps only its digest. A copy for the demo lies beside the file, readable by you alone.")

  @OptionGroup var config: ConfigOption
  @Flag(help: "Replace an existing file. Its keys stop working.") var overwrite = false

  func run() async throws {
    try await Command.run {
      try await Output.print(document: GenerateConfig.run(GenerateConfig.Input(overwrite: overwrite), config.context()))
    }
  }
}

struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Check the configuration.", subcommands: [Validate.self])

  struct Validate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check a configuration file, its references and the plugins that it names.",
      discussion: "Every problem is printed with file, line, JSON pointer, reason and a suggestion.")

    @OptionGroup var config: ConfigOption

    func run() async throws {
      try await Command.run {
        try await Output.print(document: ConfigValidate.run(NoInput(), config.context()))
      }
    }
  }
}
