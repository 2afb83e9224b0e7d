/// Counters of one instance, for status output and metrics.
package struct PluginStats: Sendable, Hashable {
  /// Operations begun and those that ended in `PluginReply.failed`.
  package var calls: UInt64 = 0
  package var failures: UInt64 = 0
  /// Completions that were late, double, another instance's or forged.
  package var staleCompletions: UInt64 = 0
  /// Slow, overdue and malformed behaviour.
  package var misbehaviours: UInt64 = 0
  /// Times of the calls that have ended.
  package var latency = Latency()
  /// Calls without an answer yet.
  package var inFlight: Int = 0
  /// Threads inside the plugin's code: operations, cancel hints and callbacks.
  package var framesInside: Int = 0
  /// Frames past their deadline that have not come back.
  package var stuckFrames: Int = 0
  /// Callbacks of timers and requests the plugin is still owed.
  package var owedCallbacks: Int = 0
  /// HTTP requests under way.
  package var openRequests: Int = 0
  /// Log messages and telemetry records that were dropped.
  package var droppedLogs: UInt64 = 0
  package var droppedRecords: UInt64 = 0
  /// It may be called on event loops now.
  package var isInline: Bool = false
  /// It could not be ended and stays in memory.
  package var isLeaked: Bool = false
  /// It runs in a process of its own, which has ended by itself so many times.
  package var isIsolated: Bool = false
  package var processEnds: UInt64 = 0
  /// Processes that were started in the place of one that ended, and in which `create` succeeded.
  package var restarts: UInt64 = 0
  /// Its process, while there is one; else 0.
  package var processID: Int32 = 0
}
