internal import NIOCore

/// The thread on which the requests of plugins go on when libcurl has something for them. Apart from Swift's cooperative pool, which a plugin may block:
/// even then its request ends and its `fetch` returns.
final class RequestExecutor: TaskExecutor {
  /// One for the process; nil when the system has no thread to give.
  static let shared: RequestExecutor? = {
    let executor = RequestExecutor()
    return HostThread.start("smg-http", { executor.work() }) ? executor : nil
  }()

  private let jobs = Monitor(CircularBuffer<UnownedJob>())

  private init() {}

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { $0.append(job) }
    jobs.signal()
  }

  private func work() {
    while let job = jobs.wait(until: nil, { $0.popFirst() }) { job.runSynchronously(on: asUnownedTaskExecutor()) }
  }
}
