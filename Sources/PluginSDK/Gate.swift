internal import Glibc

/// Opens once; until then threads wait at it, each with a deadline of CLOCK_MONOTONIC.
package final class Gate: Sendable {
  private struct State {
    var mutex = pthread_mutex_t()
    var opened = pthread_cond_t()
    var isOpen = false
  }
  private nonisolated(unsafe) let state: UnsafeMutablePointer<State>

  package init() {
    state = .allocate(capacity: 1)
    state.initialize(to: State())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_mutex_init(&state.pointee.mutex, nil)
    pthread_cond_init(&state.pointee.opened, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(&state.pointee.opened)
    pthread_mutex_destroy(&state.pointee.mutex)
    state.deinitialize(count: 1)
    state.deallocate()
  }

  package func open() {
    pthread_mutex_lock(&state.pointee.mutex)
    state.pointee.isOpen = true
    pthread_cond_broadcast(&state.pointee.opened)
    pthread_mutex_unlock(&state.pointee.mutex)
  }

  /// True once the gate is open; false when the deadline came first.
  package func wait(before deadline: MonotonicTime) -> Bool {
    let seconds = min(deadline.nanoseconds / 1_000_000_000, UInt64(Int32.max))
    var limit = timespec(tv_sec: Int(seconds), tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
    pthread_mutex_lock(&state.pointee.mutex)
    defer { pthread_mutex_unlock(&state.pointee.mutex) }
    while !state.pointee.isOpen {
      guard pthread_cond_timedwait(&state.pointee.opened, &state.pointee.mutex, &limit) == 0 else { break }
    }
    return state.pointee.isOpen
  }
}
