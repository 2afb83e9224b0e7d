internal import NIOCore
internal import PluginABI
internal import Synchronization

/// The open HTTP requests of the instance in a plugin's process (R8). The gateway carries them.
struct RunnerRequests {
  enum Receiver {
    /// `start`: runs on a service thread.
    case callback(PluginRequests.Callback)
    /// `fetch`: a thread that waits.
    case waiter(Monitor<FramePayload?>)
  }
  fileprivate var pending: [UInt64: Receiver] = [:]
  fileprivate var nextID: UInt64 = 1
  fileprivate var owed = 0
}

/// The keys that auth providers have asked for and wait to hear of.
struct RunnerQuestions {
  private var nextID: UInt64 = 1
  private var open: [UInt64: FramePayload?] = [:]

  mutating func begin() -> UInt64 {
    defer { nextID += 1 }
    open[nextID] = .some(nil)
    return nextID
  }

  /// The gateway's answer; ignored when nobody waits for it.
  mutating func answer(_ frame: Frame) { if open[frame.number] != nil { open[frame.number] = .some(frame.payload) } }

  /// The answer when it is there.
  func answer(to id: UInt64) -> FramePayload? { open[id] ?? nil }

  mutating func end(_ id: UInt64) { open[id] = nil }
}

extension RunnerInstance {
  // MARK: HTTP

  func startRequest(
    _ pointer: UnsafeRawPointer?, _ receiver: RunnerRequests.Receiver, id place: UnsafeMutablePointer<UInt64>?
  ) -> smg_status {
    switch currentPhase {
    case .creating: return SMG_E_UNAVAILABLE
    case .stopping: return SMG_E_CANCELLED
    case .live: break
    }
    guard let pointer, UInt(bitPattern: pointer) % UInt(MemoryLayout<smg_http_request>.alignment) == 0,
      pointer.load(as: UInt32.self) == UInt32(MemoryLayout<smg_http_request>.size)
    else { return SMG_E_INVALID }
    var request = pointer.load(as: smg_http_request.self)
    guard request.call == 0 || calls.withLock({ $0.isOpen(request.call) }) else { return SMG_E_STALE }
    var writer = WireWriter()
    do throws(WireError) { try writer.httpRequest(&request) } catch { return SMG_E_INVALID }
    let id = requests.withLock { requests -> UInt64? in
      guard requests.owed < Limits.Plugin.maxRequestsPerInstance else { return nil }
      let id = requests.nextID
      requests.nextID += 1
      requests.owed += 1
      requests.pending[id] = receiver
      // Before the callback can run (R8).
      place?.pointee = id
      return id
    }
    guard let id else { return SMG_E_UNAVAILABLE }
    send(.request, id, writer.bytes)
    return SMG_OK
  }

  func fetch(_ pointer: UnsafeRawPointer?, _ callback: PluginRequests.Callback) -> smg_status {
    guard !provider.flags.contains(.inline) else { return SMG_E_UNSUPPORTED }
    let waiter = Monitor<FramePayload?>(nil)
    var id: UInt64 = 0
    let status = startRequest(pointer, .waiter(waiter), id: &id)
    guard status == SMG_OK else { return status }
    // The gateway keeps the deadline; this is for the case that it does not.
    let limit = WallClock.monotonicNanoseconds() + UInt64((Limits.Plugin.maxCallDuration + Limits.Plugin.overdueGrace).nanoseconds)
    let payload = waiter.wait(until: limit) { $0 }
    _ = take(id)
    run(callback, payload)
    requests.withLock { $0.owed -= 1 }
    return SMG_OK
  }

  func cancelRequest(_ id: UInt64) -> smg_status {
    guard let receiver = take(id) else { return SMG_E_STALE }
    send(.cancelRequest, id)
    settle(receiver, nil)
    return SMG_OK
  }

  /// A response, or why there is none.
  func respond(_ frame: Frame) {
    // One that was cancelled has had its callback.
    guard let receiver = take(frame.number) else { return }
    settle(receiver, frame.payload)
  }

  private func take(_ id: UInt64) -> RunnerRequests.Receiver? { requests.withLock { $0.pending.removeValue(forKey: id) } }

  private func settle(_ receiver: RunnerRequests.Receiver, _ payload: FramePayload?) {
    switch receiver {
    case .waiter(let waiter):
      waiter.withLock { $0 = payload ?? FramePayload(copying: Self.cancelled) }
      waiter.signal()
    case .callback(let callback):
      callBack("a response callback") { [self] in
        run(callback, payload)
        requests.withLock { $0.owed -= 1 }
      }
    }
  }

  private static var cancelled: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

  /// - Parameter payload: nil or empty: cancelled.
  private func run(_ callback: PluginRequests.Callback, _ payload: FramePayload?) {
    guard let payload, !payload.bytes.isEmpty else { return callback.run(.cancelled) }
    let memory = WireMemory()
    var reader = payload.reader(memory)
    var response = smg_http_response()
    do throws(WireError) {
      try reader.httpResponse(&response)
    } catch {
      return callback.run(.failed(SMG_E_INTERNAL, message: "\(error)"))
    }
    withExtendedLifetime((payload, memory)) { callback.done(callback.argument, &response) }
  }

  // MARK: Keys

  /// A round trip to the gateway.
  func findKey(_ key: smg_bytes, found: (UnsafePointer<smg_key_record>) -> Void) -> smg_status {
    guard key.ptr != nil, key.len > 0, key.len <= Limits.Plugin.maxPresentedKeyBytes else { return SMG_E_NOT_FOUND }
    let id = questions.withLock { $0.begin() }
    defer { questions.withLock { $0.end(id) } }
    var writer = WireWriter()
    writer.put(key)
    send(.findKey, id, writer.bytes)
    let limit = WallClock.monotonicNanoseconds() + UInt64(Limits.Plugin.isolatedFrameBudget.nanoseconds)
    guard let payload = questions.wait(until: limit, { $0.answer(to: id) }) else { return SMG_E_TIMEOUT }
    let memory = WireMemory()
    var reader = payload.reader(memory)
    var record = smg_key_record()
    do throws(WireError) {
      let status = try reader.number(smg_status.self)
      guard status == SMG_OK else { return status }
      try reader.keyRecord(&record)
    } catch {
      return SMG_E_INTERNAL
    }
    withExtendedLifetime((payload, memory)) { found(&record) }
    return SMG_OK
  }
}
