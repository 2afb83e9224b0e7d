package import NIOCore

/// Runs Swift tasks on one event loop, so that a request never leaves it: `Task(executorPreference: LoopExecutor(loop)) { … }`.
/// A plain `Task {}` costs two thread hops, about 50 µs, each time it crosses between the loop and the global pool.
package final class LoopExecutor: TaskExecutor {
  private let loop: any EventLoop

  package init(_ loop: any EventLoop) { self.loop = loop }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
