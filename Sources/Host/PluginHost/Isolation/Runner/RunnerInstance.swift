internal import Glibc
internal import NIOCore
internal import PluginABI
internal import Synchronization

/// The instance in a plugin's process: runs what the gateway asks for, under the rules that the header gives the plugin.
final class RunnerInstance: @unchecked Sendable {
  enum Phase: UInt8 { case creating, live, stopping }

  let provider: PluginTables.Provider
  let socket: FrameSocket
  let operations: ThreadPool
  let services: ThreadPool
  let timer: DeadlineTimer
  let calls = Mutex(RunnerCalls())
  let timers = Mutex(RunnerTimers())
  let requests = Mutex(RunnerRequests())
  let questions = Monitor(RunnerQuestions())
  /// Threads inside the plugin, and callbacks that it is owed.
  let busy = Monitor(0)
  /// Held by whatever runs in a serial provider.
  private let turn = Monitor(())
  private let phase = Atomic(Phase.creating.rawValue)
  private let selfAddress = Atomic<UInt>(0)
  // What `create` gets: valid until exit.
  private let host: UnsafeMutablePointer<smg_host>
  let createError = ErrorSink()
  /// Held while a message is sent.
  private let sending = Mutex(())

  init(_ provider: PluginTables.Provider, _ order: RunnerOrder, _ socket: FrameSocket) throws(PluginTables.Problem) {
    self.provider = provider
    self.socket = socket
    // Telemetry is taken in order, and no two of emit, export_metrics and flush at a time.
    let threads = provider.kind == .telemetry ? 1 : max(1, order.threads)
    operations = ThreadPool(name: "smg-plugin", maxThreads: threads, maxQueued: Limits.Plugin.maxQueuedOperations, maxLost: 0)
    services = ThreadPool(name: "smg-service", maxThreads: Limits.Plugin.maxServiceThreads, maxQueued: .max, maxLost: 0)
    do throws(PluginHostError) {
      timer = try DeadlineTimer()
    } catch {
      throw PluginTables.Problem(rule: .load, reason: "\(error)", fix: "check the limits of the gateway's process")
    }
    host = .allocate(capacity: 1)
    host.initialize(to: RunnerServices.table(context: Unmanaged.passRetained(self).toOpaque()))
  }

  var currentPhase: Phase { Phase(rawValue: phase.load(ordering: .sequentiallyConsistent)) ?? .stopping }
  var isSerial: Bool { provider.flags.contains(.serial) }
  /// Promises never to wait: run by the thread that reads. An auth provider may ask for keys, which is a wait here.
  private var runsAtOnce: Bool { provider.flags.contains(.inline) && provider.kind == .guardrail && !isSerial }
  var selfPointer: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: selfAddress.load(ordering: .acquiring)) }

  /// What cannot be sent ends the process, which the gateway sees: it is not left waiting for an answer that never comes.
  func send(_ kind: FrameKind, _ number: UInt64 = 0, _ payload: [UInt8] = []) {
    if !sending.withLock({ _ in socket.sendInPieces(kind, number, payload) }) { _exit(71) }
  }

  // MARK: Life

  func create(_ config: [UInt8]) {
    run(on: operations, "create") { [self] in
      var pointer: UnsafeMutableRawPointer?
      createError.open()
      let sink = smg_sink(
        ctx: host.pointee.ctx,
        write: { context, chunk in
          guard let start = chunk.ptr, chunk.len > 0 else { return }
          let instance = Unmanaged<RunnerInstance>.fromOpaque(context).takeUnretainedValue()
          instance.createError.write(UnsafeBufferPointer(start: start, count: min(chunk.len, Limits.Plugin.maxMessageBytes)))
        })
      var status = config.withBytes { provider.table.pointee.create(host, $0, sink, &pointer) }
      var text = createError.close()
      if status == SMG_OK, pointer == nil { (status, text) = (SMG_E_INTERNAL, "create answered SMG_OK without an instance") }
      if status == SMG_OK {
        selfAddress.store(UInt(bitPattern: pointer), ordering: .releasing)
        phase.store(Phase.live.rawValue, ordering: .sequentiallyConsistent)
      }
      var writer = WireWriter()
      writer.put(status)
      writer.put(text)
      send(.created, 0, writer.bytes)
    }
  }

  /// `stop`, on a thread that may wait.
  func stop(deadline: UInt64) {
    phase.store(Phase.stopping.rawValue, ordering: .sequentiallyConsistent)
    let isStarted = HostThread.start("smg-stop") { [self] in
      stopTimers()
      var writer = WireWriter()
      writer.put(selfPointer.map { provider.table.pointee.stop($0, deadline) } ?? SMG_OK)
      send(.stopped, 0, writer.bytes)
    }
    if !isStarted { _exit(72) }
  }

  /// Waits until nobody is inside, destroys the instance, and ends the process.
  func destroy() -> Never {
    let deadline = WallClock.monotonicNanoseconds() + UInt64(Limits.Plugin.minStopTime.nanoseconds) / 2
    let isQuiet = busy.wait(until: deadline) { $0 == 0 ? true : nil } ?? false
    if isQuiet, let pointer = selfPointer { provider.table.pointee.destroy(pointer) }
    _exit(isQuiet ? 0 : 73)
  }

  // MARK: Threads

  /// Runs something of the plugin on another thread; for a serial provider never beside anything else.
  func run(on pool: ThreadPool, _ what: StaticString, _ body: @escaping @Sendable () -> Void) {
    busy.withLock { $0 += 1 }
    let isTaken = pool.submit { _ in
      self.inTurn(body)
      self.leave()
    }
    // Only for want of memory or threads.
    if !isTaken { _exit(72) }
  }

  /// A callback or hint: the gateway is told when it does not return.
  func callBack(_ what: StaticString, _ body: @escaping @Sendable () -> Void) {
    run(on: services, what) { [self] in
      let deadline = WallClock.monotonicNanoseconds() + UInt64(Limits.Plugin.isolatedFrameBudget.nanoseconds)
      let watch = timer.schedule(at: deadline) {
        var writer = WireWriter()
        writer.put("\(what)")
        self.send(.overdue, 0, writer.bytes)
      }
      body()
      timer.cancel(watch)
    }
  }

  func inTurn(_ body: () -> Void) {
    guard isSerial else { return body() }
    turn.withLock { _ in body() }
  }

  private func leave() {
    let left = busy.withLock { count in
      count -= 1
      return count
    }
    if left == 0 { busy.broadcast() }
  }

  /// Runs an operation: at once when the provider promises not to wait, otherwise on the pool.
  func operate(
    _ call: UInt64, _ expected: WireExpectation, isHealth: Bool = false, _ body: @escaping @Sendable (UnsafeMutableRawPointer) -> Void
  ) {
    calls.withLock { $0.begin(call, expected) }
    let operation: @Sendable () -> Void = { [self] in
      guard let pointer = selfPointer, calls.withLock({ $0.enter(call) }) else { return }
      body(pointer)
      if calls.withLock({ $0.leave(call) }) { send(.left, call) }
    }
    if runsAtOnce, !isHealth { return operation() }
    // Health is asked beside telemetry that does not return.
    run(on: isHealth && provider.kind == .telemetry ? services : operations, "an operation", operation)
  }
}
