internal import ArgumentParser
internal import Glibc
internal import JSON

extension PluginCommand {
  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Check a plugin by the rules of smg_plugin.h.",
      discussion: """
        Each check runs in a child process of its own, so a plugin that crashes or hangs fails one check and not the others. The report names the rule that \
        was broken, what the header says about it, and what to do. Exit status: 0 nothing failed, 1 a check failed, 2 the file could not be checked, \
        64 wrong arguments.
        """)

    @Argument(help: "The library, e.g. plugins/libLength.so.") var file: String?
    @Flag(help: "The same as --output json.") var json = false
    @Option(help: "json, table or yaml. Without it, and as a table: text for people, line by line.") var output: OutputFormat?
    @Flag(help: "List the checks and rules, and check nothing.") var list = false
    @Option(help: ArgumentHelp("Only these checks; names from --list, separated by commas.", valueName: "checks")) var only: String?
    @Option(help: "Only the provider of this name.") var provider: String?
    @Option(
      help: ArgumentHelp(
        "File with a provider's configuration, a JSON object; - is standard input.",
        discussion:
          "Without it: the first of the schema's `examples` that works, or the least that the schema asks for. NAME=path is for that "
          + "provider alone; the option may be repeated.",
        valueName: "path"))
    var providerConfig: [String] = []
    @Option(help: ArgumentHelp("File with texts that the provider is also asked about, one a line.", valueName: "path")) var texts: String?
    @Option(help: "Seconds that a function has to return, and a call to be completed.") var timeout = 10
    @Option(help: ArgumentHelp("Seed of the generated calls. Without it: another each time; the report names it.", valueName: "seed"))
    var fuzz: UInt64?
    @Option(help: "How many calls are generated.") var fuzzCalls = 2_000
    @Option(help: ArgumentHelp("Make only this one of the generated calls.", valueName: "number")) var fuzzCall: Int?
    @Flag(help: "Make the checks in this process, without protection: for debuggers.") var inProcess = false

    func validate() throws {
      guard !json || output == nil || output == .json else {
        throw ValidationError("--json and --output \(output?.rawValue ?? "") say different things; give one of them.")
      }
      guard list || file != nil else { throw ValidationError("Name the library to check, or give --list.") }
      guard (1...600).contains(timeout) else { throw ValidationError("--timeout is a number of seconds from 1 to 600.") }
      guard (0...10_000_000).contains(fuzzCalls), (fuzzCall ?? 0) >= 0 else {
        throw ValidationError("--fuzz-calls is at most 10000000, and --fuzz-call not negative.")
      }
      for name in only.map(Self.names) ?? [] where PluginChecks.check(name) == nil {
        let suggestion = Suggestion.didYouMean(name, among: PluginChecks.all.map(\.id)) ?? "--list shows them"
        throw ValidationError("There is no check \"\(Fields.shown(name))\"; \(suggestion)")
      }
    }

    private static func names(_ text: String) -> [String] { text.split(separator: ",").map { String($0) } }

    func run() async throws {
      if list { return try show(PluginChecks.rules) }
      guard let file else { throw ExitCode(EX_USAGE) }
      let report: CheckReport
      do {
        let executable = try ExecutablePath.current().path
        var run = try CheckRun(path: file, options: options(), executable: executable) { verdict in
          if isText { Output.print(CheckText.verdict(verdict)) }
        }
        report = try run.run()
      } catch let error as GatewayError {
        Output.complain(error.message, error.cause, suggestions: error.suggestions)
        throw ExitCode(2)
      }
      if isText { Output.print(report.summary) } else { try Output.show(report.document, as: output ?? .json) }
      if !report.isPassed { throw ExitCode(1) }
    }

    private var isText: Bool { !json && (output ?? .table) == .table }

    private func show(_ rules: [CheckRule]) throws {
      guard isText else { return try Output.show(.array(rules.map(\.document)), as: output ?? .json) }
      for rule in rules { Output.print(CheckText.rule(rule)) }
    }

    private func options() throws -> CheckRun.Options {
      var options = CheckRun.Options()
      options.only = Set(only.map(Self.names) ?? [])
      options.provider = provider
      for word in providerConfig {
        let parts = word.split(separator: "=", maxSplits: 1).map { String($0) }
        let (name, path) = parts.count == 2 ? (parts[0], parts[1]) : ("", word)
        options.configs[name] = try Array(InputText.document(path).bytes)
      }
      if let texts { options.texts = try CheckText.texts(in: texts) }
      options.callSeconds = timeout
      options.seed = fuzz ?? UInt64.random(in: 0...UInt64(UInt32.max))
      options.fuzzCalls = fuzzCalls
      options.fuzzCall = fuzzCall
      options.inProcess = inProcess
      return options
    }
  }
}
