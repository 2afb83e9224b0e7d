internal import NIOCore

/// Host threads that run plugin code: started on demand, ended when idle, replaced when one does not come back.
final class ThreadPool: Sendable {
  /// One piece of work. It gets the thread it runs on, so that it can be given up while it is still inside.
  typealias Job = @Sendable (Worker) -> Void

  /// One thread of a pool.
  final class Worker: Sendable {
    private let pool: ThreadPool
    private let abandoned = Monitor(false)

    fileprivate init(pool: ThreadPool) { self.pool = pool }

    fileprivate var isAbandoned: Bool { abandoned.withLock { $0 } }

    /// The job does not come back: another thread may take this one's place. Called at most once a job, before it returns.
    func abandon() {
      guard pool.lose() else { return }
      abandoned.withLock { $0 = true }
    }
  }

  private struct State {
    var queue = CircularBuffer<Job>()
    var threads = 0
    var idle = 0
    var lost = 0
    var isStopped = false
  }
  private enum Next {
    case run(Job)
    case end
  }

  private let name: String
  private let maxThreads: Int
  private let maxQueued: Int
  private let maxLost: Int
  private let monitor = Monitor(State())

  init(name: String, maxThreads: Int, maxQueued: Int, maxLost: Int) {
    self.name = name
    self.maxThreads = maxThreads
    self.maxQueued = maxQueued
    self.maxLost = maxLost
  }

  /// Hands over a job.
  /// - Returns: false when the queue is full, no thread could be started, or the pool has ended: the job will not run.
  func submit(_ job: @escaping Job) -> Bool {
    enum Need { case refuse, signal, thread }
    let need = monitor.withLock { state -> Need in
      guard !state.isStopped, state.queue.count < maxQueued else { return .refuse }
      state.queue.append(job)
      guard state.queue.count > state.idle, state.threads < maxThreads else { return .signal }
      state.threads += 1
      return .thread
    }
    switch need {
    case .refuse: return false
    case .signal: monitor.signal()
    case .thread: return startThread()
    }
    return true
  }

  /// Threads there are, without those that were given up.
  var threadCount: Int { monitor.withLock { $0.threads } }

  /// Ends the idle threads; busy ones end after their job. Jobs still queued do not run.
  func stop() {
    monitor.withLock { state in
      state.isStopped = true
      state.queue.removeAll()
    }
    monitor.broadcast()
  }

  private func startThread() -> Bool {
    if HostThread.start(name, { self.work() }) { return true }
    // Without any thread the queued job would wait for ever; with some, one of them takes it.
    return monitor.withLock { state in
      state.threads -= 1
      if state.threads > 0 { return true }
      _ = state.queue.popLast()
      return false
    }
  }

  private func work() {
    let worker = Worker(pool: self)
    while case .run(let job) = next() {
      job(worker)
      if worker.isAbandoned {
        monitor.withLock { $0.lost -= 1 }
        return
      }
    }
  }

  private func next() -> Next {
    monitor.withLock { $0.idle += 1 }
    let deadline = WallClock.monotonicNanoseconds() + UInt64(Limits.Plugin.idleThreadLife.nanoseconds)
    let next = monitor.wait(until: deadline) { state -> Next? in
      if let job = state.queue.popFirst() { return .run(job) }
      return state.isStopped ? .end : nil
    }
    return monitor.withLock { state in
      state.idle -= 1
      if case .run? = next { return next ?? .end }
      // Idle for long enough. A job that came in between still finds this thread.
      if let job = state.queue.popFirst() { return .run(job) }
      state.threads -= 1
      return .end
    }
  }

  /// Takes a thread off the books; false when too many are lost already.
  private func lose() -> Bool {
    let (isLost, needsThread) = monitor.withLock { state in
      guard state.lost < maxLost else { return (false, false) }
      state.lost += 1
      state.threads -= 1
      guard state.queue.count > state.idle, state.threads < maxThreads else { return (true, false) }
      state.threads += 1
      return (true, true)
    }
    if needsThread { _ = startThread() }
    return isLost
  }
}
