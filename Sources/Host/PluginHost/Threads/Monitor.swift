internal import Glibc

/// State behind a lock that threads can wait on, with deadlines on CLOCK_MONOTONIC. For host threads only, never for an event loop or a task.
final class Monitor<State>: @unchecked Sendable {
  // The lock guards `state`; both primitives live at fixed addresses until deinit.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var state: State

  init(_ initial: State) {
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    state = initial
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func withLock<Result>(_ body: (inout State) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&state)
  }

  /// Wakes one waiter, or all.
  func signal() { pthread_cond_signal(condition) }
  func broadcast() { pthread_cond_broadcast(condition) }

  /// Runs `attempt` under the lock, now and after each wake-up, until it gives a value; nil once the deadline has passed.
  /// - Parameter deadline: nanoseconds of CLOCK_MONOTONIC; nil = none.
  func wait<Result>(until deadline: UInt64?, _ attempt: (inout State) -> Result?) -> Result? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = attempt(&state) { return result }
      guard let deadline else {
        pthread_cond_wait(condition, mutex)
        continue
      }
      var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
      if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { return attempt(&state) }
    }
  }
}
