internal import ArgumentParser
internal import FoundationEssentials
internal import JSON

/// Which client, and under which name.
struct ClientWords: ParsableArguments {
  @Option(help: ArgumentHelp("The client: \(MCPClient.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "client"))
  var client: String?
  @Option(help: "Name of the server in the client's file.") var name = ClientInstallation.defaultName
  @Option(help: ArgumentHelp("The client's file, instead of the user's own.", valueName: "path")) var clientFile: String?
  @Option(help: "json, table or yaml. Without it: a table on a terminal, JSON elsewhere.") var output: OutputFormat?

  func installation() throws -> ClientInstallation {
    let names = MCPClient.allCases.map(\.rawValue)
    guard let client else { throw GatewayError(.toolInvalidArguments, "Give --client: \(names.joined(separator: ", ")).") }
    guard let known = MCPClient(name: client) else {
      throw ConfigDocument.unknown("client", client, among: names, listedBy: "install --list")
    }
    let path = clientFile.map { FilePath.resolve($0, against: FilePath.currentDirectory) }
    return ClientInstallation(known, name: name, path: path, environment: ProcessInfo.processInfo.environment)
  }

  func show(_ answer: Answer) throws {
    if let backup = answer.data["backup"]?.stringValue { Output.tell("Backup created at \(backup)") }
    if output != nil { try Output.show(answer.data, as: output) }
    Output.tell(answer.message)
  }
}

struct InstallCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install", abstract: "Make the gateway a server of an MCP client.",
    discussion: """
      Merges one entry into the client's own file, whose rest stays as it is, and keeps a backup. The client starts the gateway, or, with --url, reaches one \
      that runs. The key comes from --key-file, from $ENKRYPT_GATEWAY_KEY, or is the one that generate-config left beside the configuration.
      """)

  @OptionGroup var words: ClientWords
  @OptionGroup var config: ConfigOption
  @Option(help: "URL of a running gateway, such as http://127.0.0.1:8000/mcp/.") var url: String?
  @Option(help: ArgumentHelp("File with the gateway key; - reads it from standard input.", valueName: "path")) var keyFile: String?
  @Flag(help: "Show the entry, its key masked, and write nothing.") var dryRun = false
  @Flag(help: "With --dry-run: show the key.") var showSecrets = false
  @Flag(help: "List the clients, their files, and whether the gateway is in them.") var list = false

  func run() async throws {
    try await Command.run {
      if list {
        let environment = ProcessInfo.processInfo.environment
        return try Output.show(ClientInstallation.list(name: words.name, environment: environment), as: words.output)
      }
      let installation = try words.installation()
      let entry = try installation.entry(reach(), key: key())
      if dryRun { return try Output.show(installation.preview(entry, showsSecrets: showSecrets), as: words.output) }
      try words.show(installation.install(entry))
    }
  }

  private func reach() throws -> ClientInstallation.Reach {
    if let url { return .url(url) }
    let context = try config.context()
    let source = context.lookup.find()
    let isNamed = source.origin == .commandLine || source.origin == .environment
    let named = isNamed ? source.path.map { ["--config", $0] } ?? [] : []
    return .command(path: context.executable.path, arguments: ["stdio"] + named)
  }

  private func key() throws -> String {
    let path = try config.context().lookup.find().path
    if keyFile == nil, ProcessInfo.processInfo.environment[GatewayKey.variable] == nil,
      let stored = path.flatMap({ GatewayKey.stored(beside: $0) })
    {
      return stored
    }
    return try GatewayKey.read(file: keyFile)
  }
}

struct UninstallCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "uninstall", abstract: "Take the gateway out of an MCP client's file.")

  @OptionGroup var words: ClientWords
  @Flag(help: "Show the entry that would go, its key masked, and write nothing.") var dryRun = false

  func run() async throws {
    try await Command.run {
      let installation = try words.installation()
      guard !dryRun else { return try Output.show(installation.removalPreview(), as: words.output) }
      try words.show(installation.uninstall())
    }
  }
}
