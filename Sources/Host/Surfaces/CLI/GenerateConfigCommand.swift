internal import ArgumentParser
internal import JSON

struct GenerateConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate-config", abstract: "Write a working configuration: one server, one guardrail, one key.",
    discussion:
      "The gateway key is printed once; the file keeps only its digest. A copy for the demo lies beside the file, readable by you alone.")

  @OptionGroup var config: ConfigOption
  @Flag(help: "Replace an existing file. Its keys stop working.") var overwrite = false
  @Flag(help: "Show which files would be written, and write none.") var dryRun = false
  @Option(help: "json, table or yaml. Without it: a table on a terminal, JSON elsewhere.") var output: OutputFormat?

  func run() async throws {
    try await Command.run {
      let input = GenerateConfig.Input(overwrite: overwrite)
      guard !dryRun else { return try Output.show(GenerateConfig.preview(input, config.context()), as: output) }
      try await Output.show(document: GenerateConfig.run(input, config.context()), as: output)
    }
  }
}
