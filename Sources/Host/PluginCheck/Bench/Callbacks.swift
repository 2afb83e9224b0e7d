internal import PluginABI

/// The timers and HTTP requests of one instance under check (R8): each callback that was accepted runs exactly once, on a service thread.
final class Callbacks: Sendable {
  typealias Fire = @convention(c) (UnsafeMutableRawPointer?, smg_status) -> Void
  typealias Done = @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<smg_http_response>) -> Void

  struct Timer: @unchecked Sendable {
    let fire: Fire
    // The plugin's own pointer, handed back to it and never followed.
    let argument: UnsafeMutableRawPointer?
  }
  struct Request: @unchecked Sendable {
    let done: Done
    // Likewise.
    let argument: UnsafeMutableRawPointer?
  }

  private enum Owed: Sendable {
    case timer(Timer, TimerToken?)
    case request(Request)
  }
  private struct State {
    var pending: [UInt64: Owed] = [:]
    var next: UInt64 = 1
    var owed = 0
  }

  /// What all instances share; made with the first timer or request.
  private enum Threads {
    static let services = ThreadPool(name: "smg-service", maxThreads: 8, maxQueued: .max, maxLost: 0)
    static let timer: DeadlineTimer? = {
      do { return try DeadlineTimer() } catch { return nil }
    }()
  }

  private let frames: Frames
  private let monitor = Monitor(State())

  init(frames: Frames) { self.frames = frames }

  /// Callbacks that have not returned yet.
  var owed: Int { monitor.withLock { $0.owed } }

  func after(_ delay: UInt64, _ callback: Timer, _ place: UnsafeMutablePointer<UInt64>?) -> smg_status {
    guard let timer = Threads.timer else { return SMG_E_UNAVAILABLE }
    let (due, isBeyond) = WallClock.monotonicNanoseconds().addingReportingOverflow(delay)
    // Inside the lock, because the id must be written before the callback can run.
    return monitor.withLock { state in
      guard state.owed < Limits.Plugin.maxTimersPerInstance else { return SMG_E_UNAVAILABLE }
      let id = state.next
      state.next += 1
      let token = timer.schedule(at: isBeyond ? .max : due) { self.end(id, SMG_OK) }
      state.pending[id] = .timer(callback, token)
      state.owed += 1
      place?.pointee = id
      return SMG_OK
    }
  }

  func send(_ http: CheckHost.HTTP, _ callback: Request, _ place: UnsafeMutablePointer<UInt64>?, waits: Bool) -> smg_status {
    if http == .refuses { return SMG_E_UNAVAILABLE }
    if waits {
      Self.answer(callback, http, frames)
      return SMG_OK
    }
    let id = monitor.withLock { state -> UInt64? in
      guard state.owed < Limits.Plugin.maxRequestsPerInstance else { return nil }
      let id = state.next
      state.next += 1
      state.pending[id] = .request(callback)
      state.owed += 1
      place?.pointee = id
      return id
    }
    guard let id else { return SMG_E_UNAVAILABLE }
    if http != .silent { end(id, SMG_OK, http) }
    return SMG_OK
  }

  func cancel(_ id: UInt64) -> smg_status { end(id, SMG_E_CANCELLED) ? SMG_OK : SMG_E_STALE }

  /// `stop` is about to be entered.
  func cancelAll() {
    for id in monitor.withLock({ Array($0.pending.keys) }) { end(id, SMG_E_CANCELLED) }
  }

  /// Whether every callback has returned by the deadline.
  func areDelivered(by deadline: UInt64) -> Bool { monitor.wait(until: deadline) { $0.owed == 0 ? true : nil } ?? false }

  @discardableResult private func end(_ id: UInt64, _ why: smg_status, _ http: CheckHost.HTTP = .down) -> Bool {
    guard let owed = monitor.withLock({ $0.pending.removeValue(forKey: id) }) else { return false }
    let frames = frames
    _ = Threads.services.submit { _ in
      switch owed {
      case .timer(let timer, let token):
        if let token { Threads.timer?.cancel(token) }
        frames.inside("the fire of a timer") { timer.fire(timer.argument, why) }
      case .request(let request):
        if why == SMG_E_CANCELLED {
          Self.answer(request, status: why, "the request was cancelled", frames)
        } else {
          Self.answer(request, http, frames)
        }
      }
      self.monitor.withLock { $0.owed -= 1 }
      self.monitor.broadcast()
    }
    return true
  }

  private static func answer(_ request: Request, _ http: CheckHost.HTTP, _ frames: Frames) {
    switch http {
    case .answers(let code, let body): answer(request, status: SMG_OK, code: code, body: body, "", frames)
    case .down, .refuses, .silent: answer(request, status: SMG_E_UNAVAILABLE, "plugin check has no network", frames)
    }
  }

  private static func answer(
    _ request: Request, status: smg_status, code: UInt32 = 0, body: [UInt8] = [], _ message: String, _ frames: Frames
  ) {
    let memory = LentMemory(.guarded)
    let response = memory.one(
      smg_http_response(
        size: UInt32(MemoryLayout<smg_http_response>.size), status: status, code: code, flags: 0, message: memory.text(message),
        headers: memory.pairs(code == 0 ? [] : [("content-type", Array("application/json".utf8))]), trailers: smg_kvs(),
        body: memory.bytes(body)))
    frames.inside("the done of an HTTP request") { request.done(request.argument, response) }
    memory.retire()
  }
}
