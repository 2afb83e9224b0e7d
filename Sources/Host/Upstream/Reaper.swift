internal import Glibc
internal import NIOCore

/// Collects the exit status of supervisors, each by its own process id, so that no zombie stays and nobody else's child is touched.
enum Reaper {
  /// Call it when the supervisor's end of the control socket was closed: it is then about to exit, so asking again a few times is all
  /// the waiting there is. Fulfils `promise` when the process is reaped.
  static func reap(_ pid: pid_t, on eventLoop: any EventLoop, promise: EventLoopPromise<Void>?) {
    reap(pid, on: eventLoop, promise: promise, pause: .microseconds(200))
  }

  private static func reap(_ pid: pid_t, on eventLoop: any EventLoop, promise: EventLoopPromise<Void>?, pause: TimeAmount) {
    let result = waitpid(pid, nil, WNOHANG)
    let isRunning = result == 0 || (result < 0 && errno == EINTR)
    guard isRunning else {
      promise?.succeed()
      return
    }
    let next = TimeAmount.nanoseconds(min(500_000_000, pause.nanoseconds * 2))
    let again = eventLoop.scheduleTask(in: pause) { reap(pid, on: eventLoop, promise: promise, pause: next) }
    // The loop is shutting down: init reaps what the gateway leaves behind.
    again.futureResult.whenFailure { _ in promise?.succeed() }
  }
}
