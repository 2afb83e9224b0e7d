internal import PluginABI

/// One check: the rule that it is about, and how it is looked into. A file each in `Checks`.
struct PluginCheck: Sendable {
  enum Body: Sendable {
    /// Looks at the bytes of the library, runs none of them.
    case format(@Sendable (CheckedFile) throws(CheckEnd) -> [CheckReason])
    /// Loads the library in a child.
    case library(@Sendable (CheckedLibrary) throws(CheckEnd) -> Void)
    /// Makes instances of a provider in a child.
    case provider(Set<ProviderKind>, @Sendable (CheckBench) throws(CheckEnd) -> Void)
  }

  let rule: CheckRule
  let body: Body

  var id: String { rule.id }

  static func format(_ rule: CheckRule, _ body: @escaping @Sendable (CheckedFile) throws(CheckEnd) -> [CheckReason]) -> PluginCheck {
    PluginCheck(rule: rule, body: .format(body))
  }

  static func library(_ rule: CheckRule, _ body: @escaping @Sendable (CheckedLibrary) throws(CheckEnd) -> Void) -> PluginCheck {
    PluginCheck(rule: rule, body: .library(body))
  }

  static func provider(
    _ rule: CheckRule, of kinds: Set<ProviderKind> = [.auth, .guardrail, .telemetry],
    _ body: @escaping @Sendable (CheckBench) throws(CheckEnd) -> Void
  ) -> PluginCheck {
    PluginCheck(rule: rule, body: .provider(kinds, body))
  }
}

/// A library as a file: a private copy of its bytes, and what they say.
struct CheckedFile: Sendable {
  let path: String
  let image: SealedImage
  /// nil when it is no library.
  let elf: ELFLibrary?
  /// Why it is none.
  let elfProblem: String?
}

/// A library that is to be loaded in this process.
final class CheckedLibrary: @unchecked Sendable {
  let rule: String
  let path: String
  let log: CheckLog
  let frames: Frames
  // The tables are immutable and stay until the process ends (R1).
  private var known: smg_entry_fn?

  init(rule: String, path: String, log: CheckLog, frames: Frames) {
    self.rule = rule
    self.path = path
    self.log = log
    self.frames = frames
  }

  /// The entry function, after the library was loaded.
  /// - Throws: `failed` when it cannot be loaded.
  func entry() throws(CheckEnd) -> smg_entry_fn {
    if let known { return known }
    let path = path
    let result = frames.inside("the library's constructors") { () -> Result<smg_entry_fn, PluginTables.Problem> in
      do throws(PluginTables.Problem) { return .success(try LoadedLibrary.entry(of: path)) } catch { return .failure(error) }
    }
    switch result {
    case .success(let entry):
      known = entry
      return entry
    case .failure(let problem): throw .failed(rule: "load", problem.reason)
    }
  }

  /// Everything that the library publishes.
  func tables(readsSchemas: Bool) throws(CheckEnd) -> PluginTables {
    let entry = try entry()
    let result = frames.inside("the entry function or its tables") { () -> Result<PluginTables, PluginTables.Problem> in
      do throws(PluginTables.Problem) { return .success(try PluginTables(entry: entry, readsSchemas: readsSchemas)) } catch {
        return .failure(error)
      }
    }
    switch result {
    case .success(let tables): return tables
    case .failure(let problem):
      throw .failed(rule: problem.rule == .abiVersion ? "abi-version" : "tables", problem.reason)
    }
  }
}
