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
