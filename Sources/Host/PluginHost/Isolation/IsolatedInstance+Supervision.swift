internal import Glibc
internal import NIOCore
internal import PluginABI
internal import Synchronization

extension IsolatedInstance {
  /// How often the host looks at what no limit of the system bounds for one process: its threads.
  private static let glance: TimeAmount = .seconds(1)

  /// The life of the binding's processes, one after the other, on a thread of its own.
  func supervise() {
    var backoff = RestartBackoff()
    while true {
      backoff.started(now: plan.clock.now)
      state.withLock { $0.condition = .starting }
      let reason = live()
      let pause = backoff.ended(now: plan.clock.now)
      let moment = plan.clock.wait(until: plan.clock.now + pause)
      let goesOn = state.withLock { state in
        // Whoever waits for the first `create` hears why there is none; nothing follows it.
        if state.created == nil { state.created = (SMG_E_UNAVAILABLE, reason) }
        let goesOn = !state.isEnding && state.created?.status == SMG_OK
        state.condition = .down(until: goesOn ? moment : nil)
        return goesOn
      }
      state.broadcast()
      guard goesOn else { return }
      let hasEnded: Bool? = state.wait(until: moment) { $0.isEnding ? true : nil }
      if hasEnded == true { return state.withLock { $0.condition = .down(until: nil) } }
    }
  }

  /// One process, from its start to its end.
  /// - Returns: why it ended.
  private func live() -> String {
    let process: RunnerProcess
    do throws(PluginChild.NotStarted) {
      process = try RunnerProcess.start(plan)
    } catch {
      return "the plugin's process cannot be started: \(error.reason)"
    }
    core.counters.processID.store(process.pid, ordering: .relaxed)
    let order = RunnerOrder(
      kind: core.table.listing.kind, provider: core.table.listing.name, config: config, sandbox: plan.sandbox, threads: plan.threads)
    var problem: String?
    if process.socket.send(.begin, 0, order.bytes) != .done { problem = "it cannot be told what to do" }
    if problem == nil {
      do throws(WireError) {
        problem = try serve(process)
      } catch {
        problem = "it sends what no plugin's process may send: \(error)"
      }
    }
    return buried(process, problem)
  }

  /// Reads what the process sends until its end.
  /// - Returns: why the host has given it up, if it has.
  private func serve(_ process: RunnerProcess) throws(WireError) -> String? {
    let createLimit = InstanceCore.soon(plan.createTimeout)
    var waitsForRoom = false
    var receiver = FrameReceiver(process.socket, side: .gateway)
    var looksAt: UInt64 = 0
    while true {
      if let reason = overdue(createLimit) { return reason }
      let now = WallClock.monotonicNanoseconds()
      if now >= looksAt {
        looksAt = now + UInt64(Self.glance.nanoseconds)
        let threads = ProcessUsage.threads(ofProcess: process.pid) ?? 0
        if threads > Limits.Plugin.maxIsolatedThreads {
          return "it has \(threads) threads, allowed are \(Limits.Plugin.maxIsolatedThreads)"
        }
      }
      wait(process, createLimit, waitsForRoom)
      waitsForRoom = sendBacklog()
      // A bounded number, so that a process which never stops talking is still watched.
      for _ in 0..<Limits.Plugin.maxFramesPerTurn {
        switch try receiver.receive() {
        case .nothing: break
        case .piece: continue
        case .end: return state.withLock { $0.killedFor }
        case .frame(let frame):
          try receive(frame, process)
          continue
        }
        break
      }
    }
  }

  private func wait(_ process: RunnerProcess, _ createLimit: UInt64, _ waitsForRoom: Bool) {
    var polled = [
      pollfd(fd: process.socket.descriptor, events: Int16(waitsForRoom ? POLLIN | POLLOUT : POLLIN), revents: 0),
      pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
    ]
    let next = state.withLock { state -> UInt64? in
      var earliest = state.awaited.values.min()
      if case .starting = state.condition { earliest = min(earliest ?? .max, createLimit) }
      return earliest
    }
    let now = WallClock.monotonicNanoseconds()
    let longest = UInt64(Self.glance.nanoseconds)
    let milliseconds = Int32(clamping: min(next.map { $0 > now ? $0 - now : 0 } ?? longest, longest) / 1_000_000 + 1)
    poll(&polled, nfds_t(polled.count), milliseconds)
    var count: UInt64 = 0
    if polled[1].revents != 0 { _ = read(wake, &count, MemoryLayout<UInt64>.size) }
  }

  /// Why the process must be ended now.
  private func overdue(_ createLimit: UInt64) -> String? {
    let now = WallClock.monotonicNanoseconds()
    return state.withLock { state in
      if let reason = state.killedFor { return reason }
      if case .starting = state.condition {
        if state.isEnding { return "it is not wanted any more" }
        return now >= createLimit ? "create has not returned in time" : nil
      }
      return state.awaited.values.contains { $0 <= now } ? "a call is over and the plugin has not left it" : nil
    }
  }

  /// Reaps a process, fails what it was asked, and tells the operator.
  private func buried(_ process: RunnerProcess, _ problem: String?) -> String {
    let wasUp = state.withLock { state in
      let wasUp = if case .up = state.condition { true } else { false }
      // From here on nothing is sent; what was sent before is found below.
      state.condition = .starting
      return wasUp
    }
    core.counters.processID.store(0, ordering: .relaxed)
    let (how, said) = process.end()
    let (isWanted, wasCreated, requests) = state.withLock { state in
      defer {
        state.epoch += 1
        state.backlog = []
        state.backlogBytes = 0
        state.awaited = [:]
        state.requests = [:]
        state.killedFor = nil
      }
      return (!state.isEnding, state.created?.status == SMG_OK, Array(state.requests.values))
    }
    state.broadcast()
    for request in requests { _ = core.requests.cancel(core, id: request) }
    let reason = problem.map { "\($0) (\(how))" } ?? how
    let text = "the plugin's process has ended: \(reason)" + (said.isEmpty ? "" : ": \(said)")
    guard isWanted, wasCreated else { return problem ?? text }
    guard wasUp else {
      core.warn("the plugin's process cannot be started again: \(problem ?? text)")
      return text
    }
    let failed = core.failCalls(PluginFailure(.internal, "the plugin's process has ended: \(reason)"))
    core.counters.processEnds.wrappingAdd(1, ordering: .relaxed)
    core.counters.misbehaviours.wrappingAdd(1, ordering: .relaxed)
    core.warn("\(text); \(failed) calls failed")
    return text
  }
}

extension InstanceCore {
  /// Ends every call that the plugin has seen.
  /// - Returns: how many.
  func failCalls(_ failure: PluginFailure) -> Int {
    var count = 0
    for call in runtime.calls.openCalls(of: id, onlyEntered: true) where runtime.calls.finish(call, failure) == .won(entered: true) {
      requests.callEnds(self, call)
      count += 1
    }
    return count
  }
}
