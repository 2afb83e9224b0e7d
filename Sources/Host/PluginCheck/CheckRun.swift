internal import JSON
internal import PluginABI

/// Checks one library by every rule that is asked for.
struct CheckRun {
  struct Options: Sendable {
    /// Only these checks; empty: all.
    var only: Set<String> = []
    /// Only the provider of this name.
    var provider: String?
    /// Configurations by the provider's name; under "" that of every provider without one.
    var configs: [String: [UInt8]] = [:]
    var callSeconds = 10
    var seed: UInt64 = 0
    var fuzzCalls = 2_000
    var fuzzCall: Int?
    var texts: [String] = []
    /// In this process, without protection: for debuggers.
    var inProcess = false

    init() {}
  }

  let path: String
  let options: Options
  private let file: CheckedFile
  private let process: CheckProcess
  private var report: CheckReport
  /// Told of each verdict as it comes.
  private let tell: (CheckVerdict) -> Void

  /// - Throws: `configurationInvalid` when the file cannot be read.
  init(path: String, options: Options, executable: String, tell: @escaping (JSONValue) -> Void = { _ in }) throws(GatewayError) {
    self.path = path
    self.options = options
    self.tell = { tell($0.document) }
    let (file, sha256) = try Self.open(path)
    self.file = file
    process = CheckProcess(path: executable, image: file.image)
    report = CheckReport(path: path, sha256: sha256, seed: options.seed)
  }

  private static func open(_ path: String) throws(GatewayError) -> (CheckedFile, sha256: String) {
    do throws(PluginRefusal) {
      let image = try SealedImage.copy(try LibraryFile.open(anywhere: path), path: path, avoidMemfd: false)
      let sha256 = try image.withBytes(path: path) { SealedImage.sha256($0) }
      return try image.withBytes(path: path) { bytes throws(PluginRefusal) in
        do throws(ELFLibrary.Problem) {
          return (CheckedFile(path: path, image: image, elf: try ELFLibrary(bytes, listsExports: true), elfProblem: nil), sha256)
        } catch {
          return (CheckedFile(path: path, image: image, elf: nil, elfProblem: error.reason), sha256)
        }
      }
    } catch {
      throw GatewayError(.configurationInvalid, "\(path) cannot be checked: \(error.reason).", suggestions: ["\(error.fix)."])
    }
  }

  // MARK: The walk

  /// Makes the checks.
  /// - Throws: when children cannot be started.
  mutating func run() throws(GatewayError) -> CheckReport {
    do throws(PluginChild.NotStarted) {
      let isLoadable = checkFormat()
      let isLoaded = try checkLibrary(isLoadable: isLoadable)
      try checkProviders(isLoaded: isLoaded)
    } catch {
      throw GatewayError(.unavailable, "The plugin cannot be checked: no child process: \(error.reason).")
    }
    return report
  }

  private func isWanted(_ check: PluginCheck) -> Bool { options.only.isEmpty || options.only.contains(check.id) }

  private mutating func add(_ verdict: CheckVerdict) {
    report.verdicts.append(verdict)
    tell(verdict)
  }

  /// - Returns: whether the dynamic linker may be asked.
  private mutating func checkFormat() -> Bool {
    var isLoadable = file.elf != nil
    for check in PluginChecks.all {
      guard case .format(let body) = check.body else { continue }
      let verdict = Self.verdict(check, file, body)
      if verdict.status == .fail, ["elf", "entry-symbol", "text-relocations", "dependencies"].contains(check.id) { isLoadable = false }
      if isWanted(check) { add(verdict) }
    }
    return isLoadable
  }

  private static func verdict(
    _ check: PluginCheck, _ file: CheckedFile, _ body: (CheckedFile) throws(CheckEnd) -> [CheckReason]
  ) -> CheckVerdict {
    do throws(CheckEnd) {
      let reasons = try body(file)
      let status: CheckVerdict.Status = reasons.isEmpty ? .pass : check.rule.severity == .advice ? .warn : .fail
      return CheckVerdict(check: check.id, provider: nil, status: status, reasons: reasons)
    } catch .skipped(let why) {
      return CheckVerdict(check: check.id, provider: nil, status: .skip, reasons: [CheckReason(rule: check.id, text: why)])
    } catch {
      return CheckVerdict(check: check.id, provider: nil, status: .fail, reasons: [CheckReason(rule: check.id, text: "\(error)")])
    }
  }

  private func job(_ check: PluginCheck) -> CheckJob {
    var job = CheckJob()
    job.check = check.id
    job.settings = settings
    return job
  }

  private var settings: CheckBench.Settings {
    CheckBench.Settings(
      callSeconds: options.callSeconds, seed: options.seed, fuzzCalls: options.fuzzCalls, fuzzCall: options.fuzzCall, texts: options.texts)
  }

  private func verdict(_ job: CheckJob) throws(PluginChild.NotStarted) -> CheckVerdict {
    guard options.inProcess else { return try process.verdict(job) }
    return CheckTask(job, libraryPath: file.image.loadPath, frames: Frames(box: nil), capturesOutput: false).run()
  }

  private static func skipped(_ check: PluginCheck, _ provider: String?, _ why: String) -> CheckVerdict {
    CheckVerdict(check: check.id, provider: provider, status: .skip, reasons: [CheckReason(rule: check.id, text: why)])
  }

  /// - Returns: whether the library's tables can be used.
  private mutating func checkLibrary(isLoadable: Bool) throws(PluginChild.NotStarted) -> Bool {
    var isUsable = isLoadable
    for check in PluginChecks.all {
      guard case .library = check.body else { continue }
      guard isUsable else {
        if isWanted(check) { add(Self.skipped(check, nil, "the library cannot be loaded")) }
        continue
      }
      // What later checks stand on is made in any case, and told when it fails.
      let isGround = check.id == "load" || check.id == "tables"
      guard isWanted(check) || isGround else { continue }
      let verdict = try verdict(job(check))
      if isWanted(check) || verdict.status == .fail { add(verdict) }
      if verdict.status == .fail, isGround { isUsable = check.id == "load" ? false : isUsable }
      if verdict.status == .fail, check.id == "tables" { report.hasBrokenTables = true }
    }
    return isUsable && !report.hasBrokenTables
  }

  private mutating func checkProviders(isLoaded: Bool) throws(PluginChild.NotStarted) {
    let wanted = PluginChecks.all.filter { if case .provider = $0.body { isWanted($0) } else { false } }
    guard !wanted.isEmpty else { return }
    let offer = isLoaded ? offer() : nil
    report.offer = offer
    guard let offer else {
      for check in wanted { add(Self.skipped(check, nil, "the library's tables cannot be used")) }
      return
    }
    for provider in offer.providers where options.provider == nil || options.provider == provider.name {
      try check(provider, wanted)
    }
  }

  private func offer() -> CheckedOffer? {
    guard options.inProcess else { return process.offer(settings) }
    let task = CheckTask(CheckJob(), libraryPath: file.image.loadPath, frames: Frames(box: nil), capturesOutput: false)
    if case .success(let offer) = task.describe() { return offer }
    return nil
  }

  private mutating func check(_ provider: CheckedProvider, _ wanted: [PluginCheck]) throws(PluginChild.NotStarted) {
    guard let config = try configure(provider) else {
      for check in wanted where check.id != "create" { add(Self.skipped(check, provider.name, "there is no instance to check")) }
      return
    }
    for check in wanted where check.id != "create" {
      guard case .provider(let kinds, _) = check.body, kinds.contains(provider.kind) else { continue }
      var job = job(check)
      job.provider = provider
      job.config = config
      var verdict = try verdict(job)
      if check.id == "fuzz", verdict.status == .fail { verdict.notes.append("again: \(repetition(verdict, provider))") }
      if check.rule.severity == .advice, verdict.status == .fail { verdict.status = .warn }
      add(verdict)
    }
  }

  /// Finds a configuration that `create` takes, which is the check of that name.
  private mutating func configure(_ provider: CheckedProvider) throws(PluginChild.NotStarted) -> [UInt8]? {
    guard let check = PluginChecks.check("create") else { return nil }
    let given = options.configs[provider.name] ?? options.configs[""]
    var last: CheckVerdict?
    for config in given.map({ [$0] }) ?? ConfigSample.candidates(provider.schema) {
      var verdict: CheckVerdict
      if let problems = ConfigurationCheck.problems(config, schema: provider.schema) {
        let reasons = problems.map { CheckReason(rule: "create", text: "the configuration that was given does not fit the schema: \($0)") }
        verdict = CheckVerdict(check: "create", provider: provider.name, status: .fail, reasons: reasons)
      } else {
        var job = job(check)
        job.provider = provider
        job.config = config
        verdict = try self.verdict(job)
        if given == nil { verdict.notes.append("with the configuration \(String(decoding: config.prefix(200), as: UTF8.self))") }
      }
      last = verdict
      guard verdict.status == .fail else {
        if isWanted(check) { add(verdict) }
        return config
      }
      // A refusal may have to do with the configuration that was made up; anything else has not.
      if !verdict.reasons.contains(where: { $0.text.hasPrefix(CheckBench.refusal) }) { break }
    }
    var verdict = last ?? CheckVerdict(check: "create", provider: provider.name, status: .fail)
    if given == nil, verdict.reasons.allSatisfy({ $0.text.hasPrefix(CheckBench.refusal) }) {
      verdict.reasons.append(
        CheckReason(
          rule: "create",
          text: "no configuration was found that works: give one with --provider-config, or put one into the schema's `examples`"))
    }
    add(verdict)
    return nil
  }

  private func repetition(_ verdict: CheckVerdict, _ provider: CheckedProvider) -> String {
    let prefix = "the call is number "
    let number = verdict.reasons.last { $0.text.hasPrefix(prefix) }.map { String($0.text.dropFirst(prefix.count)) } ?? "0"
    return "secure-mcp-gateway plugin check \(path) --only fuzz --provider \(provider.name) --fuzz \(options.seed) --fuzz-call \(number)"
  }
}
