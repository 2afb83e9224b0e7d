internal import NIOCore
internal import Synchronization

/// One instance's share of the pools: a bounded number of frames at a time, the rest waiting in order without holding threads. With a limit of one it is
/// what `SMG_PF_SERIAL` asks for.
final class Lane: Sendable {
  /// Something to run on a pool. Exactly one of the two closures is called.
  struct Job: Sendable {
    var pool: ThreadPool
    /// Runs on a thread of `pool`. The turn ends when `Turn.end` is called or the closure returns.
    var run: @Sendable (ThreadPool.Worker, Turn) -> Void
    /// There is no room.
    var reject: @Sendable () -> Void
  }

  /// One of the lane's places, given back once: when the frame returns, or earlier when it overstays and others must go on.
  final class Turn: Sendable {
    private let lane: Lane
    private let isEnded = Atomic(false)

    fileprivate init(_ lane: Lane) { self.lane = lane }

    func end() {
      if !isEnded.exchange(true, ordering: .acquiringAndReleasing) { lane.turnEnded() }
    }
  }

  private struct State {
    var running = 0
    var waiting = CircularBuffer<Job>()
  }

  private let limit: Int
  private let maxWaiting: Int
  private let state = Mutex(State())

  init(limit: Int, maxWaiting: Int) {
    self.limit = limit
    self.maxWaiting = maxWaiting
  }

  /// Runs the job now or when a place is free; `isOwed` jobs are never rejected for want of room.
  func submit(_ job: Job, isOwed: Bool = false) {
    enum Step { case start, wait, reject }
    let step = state.withLock { state -> Step in
      if state.running < limit {
        state.running += 1
        return .start
      }
      guard isOwed || state.waiting.count < maxWaiting else { return .reject }
      state.waiting.append(job)
      return .wait
    }
    switch step {
    case .wait: break
    case .reject: job.reject()
    case .start: if !start(job) { turnEnded() }
    }
  }

  /// A place for a frame on the caller's own thread, when one is free at once.
  func tryTurn() -> Turn? {
    let isFree = state.withLock { state in
      guard state.running < limit else { return false }
      state.running += 1
      return true
    }
    return isFree ? Turn(self) : nil
  }

  private func start(_ job: Job) -> Bool {
    let turn = Turn(self)
    let isTaken = job.pool.submit { worker in
      job.run(worker, turn)
      turn.end()
    }
    if !isTaken { job.reject() }
    return isTaken
  }

  private func turnEnded() {
    while true {
      let next = state.withLock { state -> Job? in
        if let job = state.waiting.popFirst() { return job }
        state.running -= 1
        return nil
      }
      guard let next else { return }
      if start(next) { return }
    }
  }
}
