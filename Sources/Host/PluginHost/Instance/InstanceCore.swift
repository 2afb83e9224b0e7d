internal import Egress
internal import PluginABI
internal import Synchronization

/// Everything the host knows about one created instance. `smg_host.ctx` points to it, so it lives until the process ends: a completion that comes years
/// late finds it, and is counted.
final class InstanceCore: Sendable {
  /// The instance's life, in order.
  enum Phase: UInt8 {
    case creating, live
    /// No new calls.
    case draining
    /// No operation or cancel hint is entered any more (R9).
    case closed
  }

  let id: UInt32
  let binding: String
  let table: ProviderTable
  /// Which build of its plugin this is made of, from 1.
  let generation: Int
  let runtime: PluginRuntime
  let log: Log
  let metrics: any PluginMetricsSink
  let directory: (any DirectorySource)?
  /// Where its requests may go.
  let egress: EgressRules
  /// Operations and, for serial providers, everything else but cancel and stop.
  let lane: Lane
  /// Telemetry batches and flushes: one at a time, on a thread of their own.
  let telemetryLane: Lane
  let telemetryThread: ThreadPool
  let counters = InstanceCounters()
  let timers = PluginTimers()
  let requests = PluginRequests()
  let logBudget = LogBudget()
  let createError = ErrorSink()
  /// Signalled when something reaches zero while the instance ends.
  let quiet = Monitor(())
  /// What the plugin's `create` gets: valid until exit, like its ctx.
  nonisolated(unsafe) let host: UnsafeMutablePointer<smg_host>

  private let phase = Atomic(Phase.creating.rawValue)
  private let selfAddress = Atomic<UInt>(0)
  private let inline: Atomic<Bool>

  private static let nextID = Atomic<UInt32>(1)
  /// Keeps every core alive until exit.
  private static let immortal = Mutex<[InstanceCore]>([])

  init(
    binding: String, table: ProviderTable, generation: Int = 1, runtime: PluginRuntime, trustInline: Bool, log: Log,
    metrics: any PluginMetricsSink, directory: any DirectorySource, egress: EgressRules
  ) {
    id = Self.nextID.wrappingAdd(1, ordering: .relaxed).oldValue
    self.binding = binding
    self.table = table
    self.generation = generation
    self.runtime = runtime
    self.log = log
    self.metrics = metrics
    self.directory = table.listing.kind == .auth ? directory : nil
    self.egress = egress
    let isSerial = table.listing.flags.contains(.serial)
    lane = Lane(limit: isSerial ? 1 : runtime.concurrencyPerInstance, maxWaiting: Limits.Plugin.maxQueuedPerInstance)
    telemetryLane = isSerial ? lane : Lane(limit: 1, maxWaiting: Limits.Plugin.maxQueuedBatches)
    telemetryThread = ThreadPool(name: "smg-telemetry", maxThreads: 1, maxQueued: 1, maxLost: 0)
    // What is asked of another process is only sent.
    let isOnlySent = table.isolation != nil && table.listing.kind != .telemetry
    inline = Atomic(isOnlySent || table.listing.flags.contains(.inline) && (trustInline || table.isBuiltIn))
    host = .allocate(capacity: 1)
    host.initialize(to: HostServices.table(context: Unmanaged.passUnretained(self).toOpaque()))
    Self.immortal.withLock { $0.append(self) }
  }

  var isSerial: Bool { table.listing.flags.contains(.serial) }

  // MARK: Life

  var currentPhase: Phase { Phase(rawValue: phase.load(ordering: .sequentiallyConsistent)) ?? .closed }

  /// What `create` gave; nil before.
  var selfPointer: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: selfAddress.load(ordering: .acquiring)) }

  /// `create` has succeeded.
  func begin(_ pointer: UnsafeMutableRawPointer) {
    selfAddress.store(UInt(bitPattern: pointer), ordering: .releasing)
    timers.begin()
    requests.begin()
    phase.store(Phase.live.rawValue, ordering: .sequentiallyConsistent)
  }

  /// - Returns: false when another has taken this step.
  func advance(from: Phase, to next: Phase) -> Bool {
    phase.compareExchange(expected: from.rawValue, desired: next.rawValue, ordering: .sequentiallyConsistent).exchanged
  }

  // MARK: Calls in flight

  /// Opens a call, or says why not. Balanced by `callEnds` in both cases.
  func admit() -> PluginFailure? {
    counters.calls.wrappingAdd(1, ordering: .relaxed)
    counters.inFlight.wrappingAdd(1, ordering: .sequentiallyConsistent)
    guard currentPhase == .live else { return PluginFailure(.unavailable, "the instance is being retired") }
    let stuck = counters.stuck.load(ordering: .relaxed)
    guard stuck >= (isSerial ? 1 : runtime.maxStuckFrames) else { return nil }
    return PluginFailure(.unavailable, "\(stuck) calls have not returned")
  }

  func callEnds() {
    let left = counters.inFlight.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue
    if left == 0, currentPhase != .live { quiet.broadcast() }
  }

  // MARK: Frames inside

  /// Counts a thread into the plugin; false once no frame may be entered any more. Balanced by `leave` when true.
  func tryEnter() -> Bool {
    // First counted, then looked: whoever closes first sets the phase, then looks at the count.
    enterOwed()
    if currentPhase != .closed { return true }
    leave()
    return false
  }

  /// Counts a thread into the plugin for a callback that it is owed whatever the phase.
  func enterOwed() { counters.frames.wrappingAdd(1, ordering: .sequentiallyConsistent) }

  func leave() {
    let left = counters.frames.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue
    if left == 0, currentPhase != .live { quiet.broadcast() }
  }

  /// Callbacks of timers and requests that have not returned yet.
  var owedCallbacks: Int { timers.owed + requests.owed }

  // MARK: Event loops

  var mayRunInline: Bool { inline.load(ordering: .relaxed) }

  func moveToPool(_ why: String) {
    guard inline.exchange(false, ordering: .relaxed) else { return }
    log.error("no longer called on event loops: \(why)", ["binding": binding, "plugin": table.listing.pluginID])
  }
}
