package import NIOCore
internal import PluginABI
internal import Synchronization

extension PluginInstance {
  /// Asks a guardrail. On the caller's thread, without suspending, when the provider promises to be quick, the operator trusts it, the texts are small
  /// and it answers at once; otherwise on the pool.
  package func check(_ request: GuardrailRequest, deadline: NIODeadline) async -> PluginReply<Verdict> {
    guard listing.kind == .guardrail else { return .failed(Self.wrongKind) }
    guard core.table.guardrail.pointee.phases & request.phase.rawValue != 0 else {
      return .failed(PluginFailure(.unsupported, "the provider does not screen this phase"))
    }
    return await perform(CheckOperation.self, request, deadline: deadline)
  }

  /// Asks an auth provider who calls; runs like `check`.
  package func authenticate(_ request: AuthRequest, deadline: NIODeadline) async -> PluginReply<Identity> {
    guard listing.kind == .auth else { return .failed(Self.wrongKind) }
    return await perform(AuthenticateOperation.self, request, deadline: deadline)
  }

  /// Asks an auth provider for the configuration that a caller sees; runs like `check`.
  package func fetchConfig(_ question: ConfigQuestion, deadline: NIODeadline) async -> PluginReply<FetchedDocument> {
    guard fetchesConfigs else { return .failed(PluginFailure(.unsupported, "the provider fetches no configurations")) }
    return await perform(FetchConfigOperation.self, question, deadline: deadline)
  }

  /// Asks whether the instance can do its work. Never on the caller's thread.
  package func health(deadline: NIODeadline) async -> PluginReply<Void> {
    await perform(HealthOperation.self, CallContext(), deadline: deadline)
  }

  /// Asks a telemetry provider to send what it has, after the batches already handed over.
  package func flush(deadline: NIODeadline) async -> PluginReply<Void> {
    guard listing.kind == .telemetry else { return .failed(Self.wrongKind) }
    return await perform(FlushOperation.self, CallContext(), deadline: deadline, isTelemetry: true)
  }

  private func perform<Operation: PluginOperation>(
    _ operation: Operation.Type, _ request: Operation.Request, deadline: NIODeadline, isTelemetry: Bool = false
  ) async -> PluginReply<Operation.Value> {
    defer { core.callEnds() }
    if let failure = core.admit() { return reply(.failed(failure), to: operation) }
    guard let deadline = InstanceCore.bounded(deadline) else { return reply(.failed(InstanceCore.tooLate), to: operation) }
    switch withUnsafePointer(to: request, { core.runInline(operation, $0, deadline: deadline) }) {
    case .settled(let outcome): return reply(outcome, to: operation)
    case .open(let call, let began):
      let outcome = await core.settle(call, deadline: deadline)
      core.counters.durations.record(nanoseconds: WallClock.monotonicNanoseconds() &- began)
      return reply(outcome, to: operation)
    case .busy: break
    }
    let began = WallClock.monotonicNanoseconds()
    let outcome = await core.run(
      Operation.name, expecting: withUnsafePointer(to: request) { Operation.expectation($0) },
      traceparent: withUnsafePointer(to: request) { Operation.traceparent($0) }, deadline: deadline,
      lane: isTelemetry ? core.telemetryLane : core.lane, pool: isTelemetry ? core.telemetryThread : core.runtime.operations,
      keepsTurn: isTelemetry || core.isSerial
    ) { [core] instance, call in
      withUnsafePointer(to: request) { Operation.enter(core, instance, call, $0, deadline: deadline) }
    }
    core.counters.durations.record(nanoseconds: WallClock.monotonicNanoseconds() &- began)
    return reply(outcome, to: operation)
  }

  private func reply<Operation: PluginOperation>(_ outcome: CallOutcome, to _: Operation.Type) -> PluginReply<Operation.Value> {
    if let value = Operation.value(of: outcome) { return .value(value) }
    if case .refused(let refusal) = outcome { return .refused(refusal) }
    core.counters.failures.wrappingAdd(1, ordering: .relaxed)
    if case .failed(let failure) = outcome { return .failed(failure) }
    return .failed(PluginFailure(.internal, "the answer is not this operation's"))
  }

  private static let wrongKind = PluginFailure(.unsupported, "the provider is of another kind")
}
