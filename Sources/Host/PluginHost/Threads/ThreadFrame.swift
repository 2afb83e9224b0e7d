internal import Glibc
internal import Synchronization

/// Which plugin the current thread is inside, and since when: read by the watchdog, and by host services that must know where they are called from.
/// One per thread, reused when the thread ends, never freed: the watchdog may look at any time.
final class ThreadFrame: Sendable {
  /// Nanoseconds of CLOCK_MONOTONIC; 0 = not inside on an event loop.
  fileprivate let enteredAt = Atomic<UInt64>(0)
  /// Address of the instance (instances' cores live until exit); 0 = none.
  fileprivate let core = Atomic<UInt>(0)
  /// The `enteredAt` that the watchdog has reported.
  private let reported = Atomic<UInt64>(0)
  private let emitting = Atomic(false)

  private init() {}

  /// The thread is inside a telemetry provider's `emit` or `export_metrics`.
  var isEmitting: Bool { emitting.load(ordering: .relaxed) }

  /// Runs a telemetry frame: what the plugin logs meanwhile is dropped.
  func emit(_ body: () -> Void) {
    emitting.store(true, ordering: .relaxed)
    defer { emitting.store(false, ordering: .relaxed) }
    body()
  }

  /// A frame on a thread that must not be held up.
  /// - Returns: when it was entered and left, and whether the watchdog has reported it meanwhile.
  func inline(_ core: InstanceCore, _ body: () -> Void) -> (entered: UInt64, left: UInt64, wasReported: Bool) {
    let entered = WallClock.monotonicNanoseconds()
    self.core.store(UInt(bitPattern: Unmanaged.passUnretained(core).toOpaque()), ordering: .relaxed)
    enteredAt.store(entered, ordering: .releasing)
    body()
    enteredAt.store(0, ordering: .releasing)
    let left = WallClock.monotonicNanoseconds()
    // Only a frame of the watchdog's period or longer can have been reported.
    let wasReported = left &- entered >= Watchdog.period && reported.load(ordering: .acquiring) == entered
    return (entered, left, wasReported)
  }

  /// Tells the instance when this thread has been inside for at least `period` and nobody has said so yet.
  fileprivate func report(now: UInt64) {
    let entered = enteredAt.load(ordering: .acquiring)
    guard entered != 0, now > entered, now - entered >= Watchdog.period, reported.load(ordering: .relaxed) != entered else { return }
    guard let address = UnsafeRawPointer(bitPattern: core.load(ordering: .relaxed)) else { return }
    reported.store(entered, ordering: .releasing)
    Unmanaged<InstanceCore>.fromOpaque(address).takeUnretainedValue().inlineFrameIsStuck(nanoseconds: now - entered)
  }

  // MARK: One per thread

  private struct Frames {
    var all: [ThreadFrame] = []
    var unused: [ThreadFrame] = []
  }
  private static let frames = Mutex(Frames())

  private static let key: pthread_key_t? = {
    var key = pthread_key_t()
    let result = pthread_key_create(&key) { address in
      guard let address else { return }
      let frame = Unmanaged<ThreadFrame>.fromOpaque(address).takeUnretainedValue()
      ThreadFrame.frames.withLock { $0.unused.append(frame) }
    }
    return result == 0 ? key : nil
  }()

  static var current: ThreadFrame {
    guard let key else { return make() }
    if let address = pthread_getspecific(key) { return Unmanaged<ThreadFrame>.fromOpaque(address).takeUnretainedValue() }
    let frame = make()
    pthread_setspecific(key, Unmanaged.passUnretained(frame).toOpaque())
    return frame
  }

  private static func make() -> ThreadFrame {
    frames.withLock { state in
      if let reused = state.unused.popLast() { return reused }
      let frame = ThreadFrame()
      state.all.append(frame)
      return frame
    }
  }

  static func reportStuck() {
    let all = frames.withLock { $0.all }
    let now = WallClock.monotonicNanoseconds()
    for frame in all { frame.report(now: now) }
  }
}

/// One thread for the process that looks for frames on event loops that do not return. (Frames that return late are seen by the thread itself, frames
/// on the pool by the timer.)
enum Watchdog {
  /// How often it looks, in nanoseconds; a frame is reported after one to two periods.
  static let period: UInt64 = 100_000_000

  /// Starts the thread once; false when the system has none to give.
  static let isRunning: Bool = HostThread.start("smg-watchdog") {
    while true {
      var pause = timespec(tv_sec: 0, tv_nsec: Int(period))
      nanosleep(&pause, nil)
      ThreadFrame.reportStuck()
    }
  }
}
