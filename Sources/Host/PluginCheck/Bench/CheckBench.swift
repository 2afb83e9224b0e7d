internal import Glibc
internal import PluginABI

/// What a check of a provider works with.
final class CheckBench: @unchecked Sendable {
  struct Settings: Sendable {
    /// Time for one function to return, and for one call to be completed.
    var callSeconds = 10
    /// The seed of generated calls, how many are made, and which one alone; nil: all.
    var seed: UInt64 = 0
    var fuzzCalls = 2_000
    var fuzzCall: Int?
    /// More texts to be judged.
    var texts: [String] = []
  }

  let rule: String
  // Points into a library that is never unloaded.
  let table: UnsafePointer<smg_provider>
  let kind: ProviderKind
  let name: String
  let flags: ProviderFlags
  /// One that `create` takes.
  let config: [UInt8]
  let limits: Settings
  let log: CheckLog
  let frames: Frames
  /// As the process was before the library was loaded; nil: nobody has looked.
  let stateBeforeLoading: ProcessState?
  /// Somebody else sees what is written to the descriptors 1 and 2.
  let capturesOutput: Bool

  init(
    rule: String, _ provider: PluginTables.Provider, config: [UInt8], limits: Settings, log: CheckLog, frames: Frames,
    stateBeforeLoading: ProcessState?, capturesOutput: Bool
  ) {
    self.rule = rule
    table = provider.table
    kind = provider.kind
    name = provider.name
    flags = provider.flags
    self.config = config
    self.limits = limits
    self.log = log
    self.frames = frames
    self.stateBeforeLoading = stateBeforeLoading
    self.capturesOutput = capturesOutput
  }

  var guardrail: UnsafePointer<smg_guardrail> { table.pointee.vtable.assumingMemoryBound(to: smg_guardrail.self) }
  var auth: UnsafePointer<smg_auth> { table.pointee.vtable.assumingMemoryBound(to: smg_auth.self) }
  var telemetry: UnsafePointer<smg_telemetry> { table.pointee.vtable.assumingMemoryBound(to: smg_telemetry.self) }

  var cancel: (@convention(c) (UnsafeMutableRawPointer, smg_call) -> Void)? {
    switch kind {
    case .guardrail: guardrail.pointee.cancel
    case .auth: auth.pointee.cancel
    case .telemetry: nil
    }
  }

  /// When a function entered now has to have returned, and a call opened now to be completed, in nanoseconds of CLOCK_MONOTONIC.
  var callDeadline: UInt64 { WallClock.monotonicNanoseconds() + UInt64(limits.callSeconds) * 1_000_000_000 }

  func fail(_ text: String) { log.fail(rule, text) }
  func advise(_ text: String) { log.advise(rule, text) }

  // MARK: Instances

  /// How the reason begins when `create` has refused.
  static let refusal = "create() refused a configuration that fits its schema,"

  /// Creates an instance, lets `body` use it, and ends it.
  /// - Throws: `failed` when it cannot be created; what `body` throws.
  @discardableResult func withInstance<Result>(
    _ services: CheckHost.Services? = nil, mode: LentMemory.Mode = .plain, _ body: (CheckInstance) throws(CheckEnd) -> Result
  ) throws(CheckEnd) -> Result {
    let instance = try create(services, mode: mode)
    let result: Result
    do throws(CheckEnd) {
      result = try body(instance)
    } catch {
      instance.end()
      throw error
    }
    instance.end()
    return result
  }

  func create(_ services: CheckHost.Services? = nil, mode: LentMemory.Mode = .plain) throws(CheckEnd) -> CheckInstance {
    do throws(CheckInstance.Refused) {
      return try CheckInstance(self, config: config, services: services, mode: mode)
    } catch {
      guard error.status != SMG_OK else { throw .failed(rule: "create", CheckInstance.Refused.nothing) }
      throw .failed(rule: "create", "\(Self.refusal) with the status \(error.status): \"\(error.text)\"")
    }
  }

  /// What this kind of provider is asked.
  var questions: [Question] { Corpus.questions(for: self) }

  /// One harmless question.
  var plainQuestion: Question { Corpus.plain(for: self) }
}
