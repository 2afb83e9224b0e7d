internal import PluginABI
internal import Synchronization

extension IsolatedInstance {
  /// Does what one message of the process asks for. Nothing in it is trusted: it is read like the words of a plugin in this process.
  func receive(_ frame: Frame, _ process: RunnerProcess) throws(WireError) {
    let memory = WireMemory()
    var reader = frame.payload.reader(memory)
    switch frame.kind {
    case .created: try created(&reader, process)
    case .complete:
      let outcome = try reader.outcome(in: memory)
      _ = withExtendedLifetime(memory) { core.complete(frame.number, outcome.map { UnsafeRawPointer($0) }) }
    case .counted: try count(frame.number)
    case .left:
      state.withLock { $0.awaited[frame.number] = nil }
      state.broadcast()
    case .log:
      let level = try reader.number(UInt32.self)
      let message = try reader.text()
      var fields = smg_kvs()
      try reader.pairs(&fields)
      core.pluginLogs(level, message, fields)
    case .metric:
      let kind = try reader.number(UInt32.self)
      let name = try reader.text()
      let unit = try reader.text()
      let value = try reader.number(Double.self)
      var labels = smg_kvs()
      try reader.pairs(&labels)
      core.pluginRecords(kind: kind, name: name, unit: unit, value: value, labels: labels)
    case .request: try request(frame.number, &reader)
    case .cancelRequest:
      if let id = state.withLock({ $0.requests.removeValue(forKey: frame.number) }) { _ = core.requests.cancel(core, id: id) }
    case .findKey: findKey(frame.number, try reader.text())
    case .stopped:
      let status = try reader.number(smg_status.self)
      state.withLock { $0.stopped = status }
      state.broadcast()
    case .overdue:
      let what = try reader.string(max: Limits.Plugin.maxIdentifierBytes)
      state.withLock { kill(&$0, "\(what) does not return") }
    default: throw WireError("\(frame.kind)")
    }
    withExtendedLifetime(memory) {}
  }

  private func created(_ reader: inout WireReader, _ process: RunnerProcess) throws(WireError) {
    let status = try reader.number(smg_status.self)
    let text = try reader.string(max: Limits.Plugin.maxMessageBytes)
    state.withLock { state in
      guard case .starting = state.condition, state.killedFor == nil else { return }
      if state.created == nil { state.created = (status, text) }
      if status == SMG_OK {
        state.condition = .up(process)
        if state.epoch > 0 { core.counters.restarts.wrappingAdd(1, ordering: .relaxed) }
      } else {
        state.killedFor = "create said no: \(text)"
      }
    }
    state.broadcast()
  }

  private func count(_ number: UInt64) throws(WireError) {
    switch Counted(rawValue: number) {
    case .staleCompletion: core.counters.stale.wrappingAdd(1, ordering: .relaxed)
    case .droppedLog: core.counters.droppedLogs.wrappingAdd(1, ordering: .relaxed)
    case nil: throw WireError("an unknown count")
    }
  }

  // MARK: HTTP

  /// A request of the process whose response is owed to it.
  private final class Owed: Sendable {
    let instance: IsolatedInstance
    let epoch: UInt64
    let number: UInt64
    let isDelivered = Atomic(false)

    init(_ instance: IsolatedInstance, _ epoch: UInt64, _ number: UInt64) {
      self.instance = instance
      self.epoch = epoch
      self.number = number
    }

    func deliver(_ response: UnsafePointer<smg_http_response>) {
      isDelivered.store(true, ordering: .relaxed)
      var writer = WireWriter(reserving: response.pointee.body.len + 1024)
      var value = response.pointee
      do throws(WireError) { try writer.httpResponse(&value) } catch { writer = WireWriter() }
      instance.state.withLock { if $0.epoch == epoch { $0.requests[number] = nil } }
      instance.owe(.response, number, writer.bytes, epoch: epoch)
    }
  }

  private static let deliver: PluginRequests.Done = { owed, response in
    guard let owed else { return }
    Unmanaged<Owed>.fromOpaque(owed).takeRetainedValue().deliver(response)
  }

  private func request(_ number: UInt64, _ reader: inout WireReader) throws(WireError) {
    var request = smg_http_request()
    try reader.httpRequest(&request)
    let epoch = state.withLock { $0.epoch }
    let owed = Owed(self, epoch, number)
    let retained = Unmanaged.passRetained(owed)
    var id: UInt64 = 0
    do throws(PluginRequests.Refusal) {
      try core.requests.start(core, &request, PluginRequests.Callback(done: Self.deliver, argument: retained.toOpaque()), id: &id)
    } catch {
      retained.release()
      return PluginHTTPOutcome.failed(error.status, message: "the request was not accepted").withABI { owed.deliver($0) }
    }
    let gatewayID = id
    state.withLock { state in
      if state.epoch == epoch, !owed.isDelivered.load(ordering: .relaxed) { state.requests[number] = gatewayID }
    }
  }

  // MARK: Keys

  private func findKey(_ number: UInt64, _ key: smg_bytes) {
    var writer = WireWriter()
    var isWhole = true
    let status = core.findAPIKey(key) { record in
      writer.put(SMG_OK)
      var value = record.pointee
      do throws(WireError) { try writer.keyRecord(&value) } catch { isWhole = false }
    }
    if status != SMG_OK || !isWhole {
      writer = WireWriter()
      writer.put(status == SMG_OK ? SMG_E_INTERNAL : status)
    }
    owe(.key, number, writer.bytes)
  }
}
