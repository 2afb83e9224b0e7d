internal import Glibc
internal import JSON

/// Makes one check in this process.
struct CheckTask {
  let job: CheckJob
  /// What dlopen gets.
  let libraryPath: String
  let log = CheckLog()
  let frames: Frames
  let stateBeforeLoading: ProcessState
  let capturesOutput: Bool

  init(_ job: CheckJob, libraryPath: String, frames: Frames, capturesOutput: Bool) {
    self.job = job
    self.libraryPath = libraryPath
    self.frames = frames
    self.capturesOutput = capturesOutput
    stateBeforeLoading = ProcessState.now()
  }

  /// The verdict as it is when the check can find no more.
  func verdict(skipped: String? = nil) -> CheckVerdict {
    var verdict = log.verdict(of: job.check ?? "load", provider: job.provider?.name)
    if let skipped, verdict.status == .pass {
      verdict.status = .skip
      verdict.reasons = [CheckReason(rule: verdict.check, text: skipped)]
    }
    return verdict
  }

  func run() -> CheckVerdict {
    let began = WallClock.monotonicNanoseconds()
    var skipped: String?
    do throws(CheckEnd) {
      try check()
    } catch {
      switch error {
      case .failed(let rule, let text): log.fail(rule ?? job.check ?? "load", text)
      case .skipped(let why): skipped = why
      }
    }
    var verdict = verdict(skipped: skipped)
    verdict.milliseconds = Int((WallClock.monotonicNanoseconds() - began) / 1_000_000)
    return verdict
  }

  private func check() throws(CheckEnd) {
    guard let check = job.check.flatMap(PluginChecks.check) else { throw .skipped("there is no such check") }
    switch check.body {
    case .format: throw .skipped("it needs no process")
    case .library(let body): try body(library(rule: check.id))
    case .provider(_, let body): try body(try bench(rule: check.id))
    }
  }

  private func library(rule: String) -> CheckedLibrary { CheckedLibrary(rule: rule, path: libraryPath, log: log, frames: frames) }

  private func bench(rule: String) throws(CheckEnd) -> CheckBench {
    let tables = try library(rule: rule).tables(readsSchemas: false)
    guard let provider = tables.providers.first(where: { $0.kind == job.provider?.kind && $0.name == job.provider?.name }) else {
      throw .failed(rule: "entry", "the library no longer offers the provider")
    }
    return CheckBench(
      rule: rule, provider, config: job.config, limits: job.settings, log: log, frames: frames, stateBeforeLoading: stateBeforeLoading,
      capturesOutput: capturesOutput)
  }

  /// What the library offers.
  func describe() -> Result<CheckedOffer, CheckEnd> {
    do throws(CheckEnd) {
      return .success(CheckedOffer(try library(rule: "tables").tables(readsSchemas: false)))
    } catch {
      return .failure(error)
    }
  }
}
