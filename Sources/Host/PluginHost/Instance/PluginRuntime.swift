internal import Egress

/// What all instances of one plugin host share: the call table, the timer and the threads.
final class PluginRuntime: Sendable {
  let calls = CallTable()
  let timer: DeadlineTimer
  /// Runs operations.
  let operations: ThreadPool
  /// Runs callbacks and cancel hints, never operations: a plugin that waits in an operation cannot keep them from running.
  let services: ThreadPool
  /// Carries the requests of plugins; nil in the child that describes libraries, where there are none.
  let egress: EgressClient?
  let concurrencyPerInstance: Int
  let inlineStrikes: Int
  let maxStuckFrames: Int

  init(settings: PluginSettings, egress: EgressClient?) throws(PluginHostError) {
    guard Watchdog.isRunning else { throw .unavailable(reason: "no thread for the plugin host's watchdog") }
    timer = try DeadlineTimer()
    operations = ThreadPool(
      name: "smg-plugin", maxThreads: Limits.Plugin.maxPoolThreads, maxQueued: Limits.Plugin.maxQueuedOperations,
      maxLost: Limits.Plugin.maxLostThreads)
    // Callbacks are owed, and bounded by the timers and requests that instances may have: they are never refused for want of room.
    services = ThreadPool(
      name: "smg-service", maxThreads: Limits.Plugin.maxServiceThreads, maxQueued: .max, maxLost: Limits.Plugin.maxLostThreads)
    self.egress = egress
    concurrencyPerInstance = settings.concurrencyPerInstance
    inlineStrikes = settings.inlineStrikes
    maxStuckFrames = settings.maxStuckFrames
  }

  func stop() {
    timer.stop()
    operations.stop()
    services.stop()
  }
}
