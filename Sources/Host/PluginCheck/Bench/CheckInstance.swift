internal import PluginABI

/// What a provider answered.
struct Answered {
  var outcome: CallOutcome
  /// Nanoseconds inside the operation.
  var inside: UInt64
  /// Nanoseconds from entering the operation to its completion.
  var total: UInt64
  /// What the provider needed, as far as it can be known: it may have completed later, on a thread of its own.
  var needed: UInt64
}

/// One instance of the provider under check. Its life is that of `CheckBench.withInstance`.
final class CheckInstance {
  let host: CheckHost
  let pointer: UnsafeMutableRawPointer
  private let bench: CheckBench

  /// `create`.
  /// - Throws: when it refuses, or breaks a rule on the way.
  init(_ bench: CheckBench, config: [UInt8], services: CheckHost.Services? = nil, mode: LentMemory.Mode = .plain) throws(Refused) {
    self.bench = bench
    var offered = services ?? CheckHost.Services()
    offered.isInline = bench.flags.contains(.inline)
    host = CheckHost(kind: bench.kind, services: offered, log: bench.log, frames: bench.frames)
    let memory = LentMemory(mode)
    var place: UnsafeMutableRawPointer?
    let sink = SinkText()
    let table = smg_sink(ctx: Unmanaged.passUnretained(sink).toOpaque()) { context, chunk in
      Unmanaged<SinkText>.fromOpaque(context).takeUnretainedValue().write(chunk)
    }
    let bytes = memory.bytes(config)
    let status = bench.frames.inside("create()") { [host] in bench.table.pointee.create(host.table, bytes, table, &place) }
    memory.retire()
    if let problem = sink.problem { bench.log.fail("well-formed", "create() wrote to its error sink what is malformed: \(problem)") }
    guard status == SMG_OK else {
      host.advance(to: .destroyed)
      throw Refused(status: status, text: String(decoding: sink.bytes, as: UTF8.self))
    }
    guard let place else {
      host.advance(to: .destroyed)
      bench.log.fail("create", Refused.nothing)
      throw Refused(status: SMG_OK, text: "")
    }
    pointer = place
    host.advance(to: .live)
  }

  struct Refused: Error {
    /// SMG_OK: there is no instance all the same.
    var status: smg_status
    var text: String
    static let nothing = "create() answered SMG_OK and left *self NULL"
  }

  private final class SinkText {
    var bytes: [UInt8] = []
    var problem: String?

    func write(_ chunk: smg_bytes) {
      do throws(MalformedValue) {
        bytes += try PluginText.data(chunk, "a piece of it", max: Limits.Plugin.maxReplacementBytes)
      } catch {
        problem = error.reason
      }
      if String(validating: bytes, as: UTF8.self) == nil, bytes.count < Limits.Plugin.maxMessageBytes { problem = "it is not UTF-8" }
    }
  }

  // MARK: Operations

  /// Enters the operation and returns when it has; the call is open, or over.
  func enter(_ question: Question, mode: LentMemory.Mode = .plain) -> (call: smg_call, inside: UInt64) {
    let call = host.calls.open(question.expectation)
    let memory = LentMemory(mode)
    let deadline = question.timeLeft.map { WallClock.monotonicNanoseconds() &+ UInt64(bitPattern: $0) } ?? bench.callDeadline
    let inside = enter(question, call, memory, deadline)
    memory.retire()
    return (call, inside)
  }

  private func enter(_ question: Question, _ call: smg_call, _ memory: LentMemory, _ deadline: UInt64) -> UInt64 {
    switch question.body {
    case .guardrail(let message):
      let request = message.lent(memory, deadline: deadline)
      return timed(question) { bench.guardrail.pointee.check(pointer, call, request) }
    case .auth(let credentials):
      let request = credentials.lent(memory, deadline: deadline)
      return timed(question) { bench.auth.pointee.authenticate(pointer, call, request) }
    case .telemetry(let batch):
      let context = memory.context(deadline: deadline, isKnown: false)
      hand(batch, memory, question)
      return timed(question) { bench.telemetry.pointee.flush(pointer, call, context) }
    }
  }

  private func hand(_ batch: Question.Batch, _ memory: LentMemory, _ question: Question) {
    let resource = TelemetryQuestion.resource(memory)
    let table = bench.telemetry.pointee
    let wanted = batch.records.filter { $0.kind & table.kinds != 0 || $0.kind > SMG_REC_SPAN }
    if let records = TelemetryQuestion.records(wanted, memory) {
      bench.frames.inside("emit() of \(question.label)") { table.emit(pointer, resource, records, wanted.count) }
    }
    guard batch.hasMetrics, let export = table.export_metrics else { return }
    let snapshot = TelemetryQuestion.snapshot(memory)
    bench.frames.inside("export_metrics() of \(question.label)") { export(pointer, resource, snapshot) }
  }

  private func timed(_ question: Question, _ body: () -> Void) -> UInt64 {
    bench.frames.inside("\(question.operation) of \(question.label)") {
      let entered = WallClock.monotonicNanoseconds()
      body()
      return WallClock.monotonicNanoseconds() - entered
    }
  }

  /// Asks, and waits for the completion.
  /// - Returns: nil when it does not come, which has then been noted.
  @discardableResult func ask(_ question: Question, mode: LentMemory.Mode = .plain) -> Answered? {
    let entered = WallClock.monotonicNanoseconds()
    let (call, inside) = enter(question, mode: mode)
    let isInside = host.calls.outcome(call) != nil
    guard let outcome = host.calls.wait(call, until: bench.callDeadline) else {
      host.calls.giveUp(call)
      bench.log.fail("completion", "\(question.operation) of \(question.label) was not completed within \(bench.limits.callSeconds) s")
      return nil
    }
    let total = WallClock.monotonicNanoseconds() - entered
    return Answered(outcome: outcome, inside: inside, total: total, needed: isInside ? inside : total)
  }

  /// `health`; nil when it was not completed.
  func health(mode: LentMemory.Mode = .plain) -> CallOutcome? {
    let call = host.calls.open(.nothing)
    let memory = LentMemory(mode)
    let context = memory.context(deadline: bench.callDeadline, isKnown: false)
    bench.frames.inside("health()") { bench.table.pointee.health(pointer, call, context) }
    memory.retire()
    guard let outcome = host.calls.wait(call, until: bench.callDeadline) else {
      host.calls.giveUp(call)
      bench.log.fail("completion", "health() was not completed within \(bench.limits.callSeconds) s")
      return nil
    }
    return outcome
  }

  /// Ends the call for the host, and tells the plugin if it wants to know.
  func cancel(_ call: smg_call) {
    host.calls.giveUp(call)
    if let cancel = bench.cancel { bench.frames.inside("cancel()") { cancel(pointer, call) } }
  }

  // MARK: The end

  /// R9, in order.
  func end() {
    host.calls.giveUpAll()
    host.advance(to: .stopping)
    host.callbacks.cancelAll()
    let deadline = bench.callDeadline
    let status = bench.frames.inside("stop()") { bench.table.pointee.stop(pointer, deadline) }
    guard status == SMG_OK else {
      return bench.log.fail("stop", "stop() answered \(status) and not SMG_OK: the gateway keeps such an instance in memory for good")
    }
    guard host.callbacks.areDelivered(by: bench.callDeadline) else {
      return bench.log.fail("stop", "a callback of a timer or a request had not returned \(bench.limits.callSeconds) s after stop()")
    }
    bench.frames.inside("destroy()") { bench.table.pointee.destroy(pointer) }
    host.advance(to: .destroyed)
  }
}
