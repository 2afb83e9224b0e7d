internal import ArgumentParser
internal import FoundationEssentials

/// `secure-mcp-gateway`: words → operations → text.
struct RootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "secure-mcp-gateway",
    abstract: "A gateway between MCP clients and MCP servers that authenticates, screens and records.",
    discussion: """
      Two steps to a running gateway: `secure-mcp-gateway generate-config`, then `secure-mcp-gateway serve`.
      Data goes to standard output, messages to standard error. Exit status: 0 done, 1 failed or refused, 2 or 64 wrong arguments.
      """,
    version: Version.current,
    subcommands: [
      ServeCommand.self, StdioCommand.self, GenerateConfigCommand.self, InstallCommand.self, UninstallCommand.self, DoctorCommand.self,
      ConfigCommand.self,
      ServersCommand.self, GuardrailCommand.self, CacheCommand.self,
      TimeoutCommand.self, ProjectCommand.self, UserCommand.self, APIKeyCommand.self, ToolsCommand.self, SystemCommand.self,
      AuditCommand.self, PluginCommand.self,
      EchoServerCommand.self, ReferenceCommand.self,
    ])

}

/// The configuration file that a command works on.
struct ConfigOption: ParsableArguments {
  @Option(
    name: .customLong("config"),
    help: ArgumentHelp(
      "The configuration file.",
      discussion: "Without it: $SECURE_MCP_GATEWAY_CONFIG, then the container's file, then ~/.enkrypt/enkrypt_mcp_config.json.",
      valueName: "path"))
  var path: String?

  func context() throws -> LocalContext {
    let executable = try ExecutablePath.current()
    let lookup = ConfigLookup(explicitPath: path, environment: ProcessInfo.processInfo.environment, executablePath: executable.path)
    return LocalContext(lookup: lookup, executable: executable)
  }
}

/// Which of the file's MCP configs a command is about.
struct MCPConfigOption: ParsableArguments {
  @Option(
    name: [.customLong("config-name"), .customLong("config-id")], help: "Name or id of the MCP config; needed when there are several.")
  var name: String?
}
