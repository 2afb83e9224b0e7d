internal import ArgumentParser

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

    func run() async throws {
      try await Command.run {
        let project = try PluginProject(name: name, language: language, kind: kind, gatewaySource: gatewaySource)
        let folder = directory ?? name
        try ProjectWriter.write(project.files, to: folder)
        for file in project.files { Output.print("\(folder)/\(file.path)") }
        Output.tell(
          """
          Build it:  cd \(folder) && \(project.buildCommand)
          Test it:   \(project.testCommand)
          Check it:  secure-mcp-gateway plugin check \(project.library)
          """)
      }
    }
  }
}
