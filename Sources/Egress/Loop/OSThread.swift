internal import CLinux
internal import Glibc

/// A thread of the operating system.
enum OSThread {
  private final class Body {
    let name: String
    let run: @Sendable () -> Void

    init(_ name: String, _ run: @escaping @Sendable () -> Void) { (self.name, self.run) = (name, run) }
  }

  /// Starts a detached thread on which every signal is blocked, SIGPIPE included: a write to a closed socket is an error there. False if the system
  /// has no thread to give.
  static func start(name: String, _ run: @escaping @Sendable () -> Void) -> Bool {
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
    var thread = pthread_t()
    let body = Unmanaged.passRetained(Body(name, run))
    let status = pthread_create(
      &thread, nil,
      { argument in
        if let argument {
          let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
          smg_name_thread(body.name)
          body.run()
        }
        return nil
      }, body.toOpaque())
    guard status == 0 else {
      body.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  static func sleep(milliseconds: UInt32) {
    usleep(milliseconds * 1000)
  }
}
