internal import ArgumentParser
internal import JSON

extension PluginLanguage: ExpressibleByArgument {}
extension ProviderKind: ExpressibleByArgument {}

extension PluginCommand {
  struct New: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "new", abstract: "Begin a plugin: a project that builds, with its tests and a README.",
      discussion: """
        The project works as it is: a guardrail that bounds the length of texts, an auth provider with one token, or telemetry into a file. C, C++ and Rust \
        need nothing but their compiler; Swift needs the gateway's source for PluginSDK.
        """)

    @Argument(help: "Its name: lower-case letters, digits and hyphens. The provider is called so, too.") var name: String
    @Option(help: "c, cpp, rust or swift.") var language: PluginLanguage
    @Option(help: "guardrail, auth or telemetry.") var kind: ProviderKind = .guardrail
    @Option(help: "The folder to write; new, or empty. Without it: one of the plugin's name.") var directory: String?
    @Option(help: "For Swift: where the gateway's source is, as seen from the project.") var gatewaySource = "../secure-mcp-gateway"
    @Flag(help: "Name the files that would be written, and write none.") var dryRun = false
    @Option(help: "json, table or yaml. Without it: a path a line.") var output: OutputFormat?

    func run() async throws {
      try await Command.run {
        let project = try PluginProject(name: name, language: language, kind: kind, gatewaySource: gatewaySource)
        let folder = directory ?? name
        if dryRun { try ProjectWriter.rehearse(in: folder) } else { try ProjectWriter.write(project.files, to: folder) }
        try show(project.files.map { "\(folder)/\($0.path)" })
        guard !dryRun else { return Output.tell("Nothing was written.") }
        Output.tell(
          """
          Build it:  cd \(folder) && \(project.buildCommand)
          Test it:   \(project.testCommand)
          Check it:  secure-mcp-gateway plugin check \(project.library)
          """)
      }
    }

    private func show(_ paths: [String]) throws {
      guard let output else { return paths.forEach { Output.print($0) } }
      try Output.show(.array(paths.map { ["path": .string($0), "written": .bool(!dryRun)] }), as: output)
    }
  }
}
