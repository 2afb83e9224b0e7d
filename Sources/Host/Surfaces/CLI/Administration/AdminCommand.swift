internal import ArgumentParser
internal import JSON

/// A command that has a route in the REST API: that of its operation.
protocol RoutedCommand: AsyncParsableCommand {
  static var operation: AdminOperation { get }
}

/// A command that is one administrative operation: its words become the operation's fields, and the answer becomes text.
protocol AdminCommand: RoutedCommand {
  /// Where the operation has another name too: the words of this command.
  static var words: String { get }
  static var discussion: String { get }
  var place: PlaceOptions { get }
  var change: ChangeTerms { get }
  /// The operation's fields as the words gave them.
  func input() throws -> JSONObject
  /// Where the answer goes instead of standard output.
  var outputFile: String? { get }
}

/// What the caller asked of a change.
struct ChangeTerms {
  var isDryRun = false
  var expectedRevision: String?
}

extension AdminCommand {
  static var words: String { operation.name }
  static var discussion: String { "" }
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: words.split(separator: " ").last.map(String.init), abstract: operation.summary, discussion: discussion)
  }
  var change: ChangeTerms { ChangeTerms() }
  var outputFile: String? { nil }
  func input() throws -> JSONObject { [:] }

  func run() async throws {
    try await Command.run { try await operate() }
  }

  func operate(_ operation: AdminOperation = Self.operation) async throws {
    let outcome =
      if let remote = try place.remote.administration() {
        try await remote.run(operation, input(), change)
      } else {
        try await place.runner().run(operation, input(), expectedRevision: change.expectedRevision, isDryRun: change.isDryRun).completed()
      }
    try show(outcome)
    if outcome.answer.isBad { throw ExitCode(1) }
  }

  private func show(_ outcome: AdminOutcome) throws {
    if change.isDryRun { return try Output.show(Self.preview(outcome), as: place.output) }
    if let backup = outcome.backup { Output.tell("Backup created at \(backup)") }
    if let outputFile {
      try OutputFile.write(outcome.answer, to: outputFile, besides: place.remote.url == nil ? place.configPath() : nil)
    } else if !outcome.answer.lines.isEmpty, place.output == nil {
      for name in outcome.answer.lines { Output.print("\(name): \(outcome.answer.data[name]?.stringValue ?? "")") }
    } else if !outcome.answer.data.isNull {
      try Output.show(outcome.answer.data, as: place.output)
    } else if place.output != nil {
      try Output.show(["message": .string(outcome.answer.message)], as: place.output)
    }
    if !outcome.answer.message.isEmpty { Output.tell(outcome.answer.message) }
  }

  /// A key that was made and not kept is not shown: it will never work.
  private static func preview(_ outcome: AdminOutcome) -> JSONValue {
    [
      "dry_run": true, "message": .string("Nothing was changed. The change would be accepted."),
      "revision_before": outcome.revisionBefore.map(JSONValue.string) ?? .null,
      "changes": .array((outcome.changes ?? []).map(\.document)),
    ]
  }
}

/// What every administrative command knows: which file, and how to print.
struct PlaceOptions: ParsableArguments {
  @OptionGroup var config: ConfigOption
  @OptionGroup var remote: RemoteOptions
  @Option(help: "json, table or yaml. Without it: a table on a terminal, JSON elsewhere.") var output: OutputFormat?

  /// The file that is meant. Only one of the user's own is worked on.
  func configPath() throws -> String {
    let source = try config.context().lookup.find()
    guard source.isOwn, let path = source.path else {
      throw GatewayError(
        .configurationMissing, "There is no configuration file.",
        suggestions: ["Write one with `secure-mcp-gateway generate-config`, or name one with --config."])
    }
    return path
  }

  func runner() throws -> AdminRunner {
    AdminRunner(
      configPath: try configPath(), executablePath: try config.context().executable.path,
      caller: AdminCaller(actor: AdminCaller.localUser, surface: "cli", permissions: Set(AdminOperation.Permission.allCases)))
  }
}

/// What commands that change the configuration know too.
struct ChangeOptions: ParsableArguments {
  @OptionGroup var place: PlaceOptions
  @Flag(help: "Show what would change, secrets masked, and change nothing.") var dryRun = false
  @Option(
    help: ArgumentHelp("Change only this revision of the configuration (its SHA-256), and refuse any other.", valueName: "revision"))
  var ifMatch: String?

  var terms: ChangeTerms { ChangeTerms(isDryRun: dryRun, expectedRevision: ifMatch) }
}

/// A command that changes.
protocol AdminChangeCommand: AdminCommand {
  var options: ChangeOptions { get }
}

extension AdminChangeCommand {
  var place: PlaceOptions { options.place }
  var change: ChangeTerms { options.terms }
}
