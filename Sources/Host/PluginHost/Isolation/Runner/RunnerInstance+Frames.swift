internal import PluginABI
internal import Synchronization

extension RunnerInstance {
  /// Does what one message of the gateway asks for.
  func receive(_ frame: Frame) throws(WireError) {
    let memory = WireMemory()
    var reader = frame.payload.reader(memory)
    let call = frame.number
    switch frame.kind {
    case .check:
      let lent = Lent(frame.payload, memory, try reader.guardRequest(in: memory))
      operate(call, .verdict) { lent.use($0, self.provider.guardrail.pointee.check, call) }
    case .authenticate:
      let lent = Lent(frame.payload, memory, try reader.authRequest(in: memory))
      operate(call, .identity) { lent.use($0, self.provider.auth.pointee.authenticate, call) }
    case .fetchConfig: try fetchConfig(frame, memory)
    case .health:
      let lent = Lent(frame.payload, memory, try reader.context(in: memory))
      operate(call, .nothing, isHealth: true) { self.provider.table.pointee.health($0, call, lent.value) }
    case .flush:
      let lent = Lent(frame.payload, memory, try reader.context(in: memory))
      operate(call, .nothing) { self.provider.telemetry.pointee.flush($0, call, lent.value) }
    case .emit, .exportMetrics: try emit(frame, memory)
    case .cancel: cancel(call)
    case .response: respond(frame)
    case .key: questions.withLock { $0.answer(frame) }; questions.broadcast()
    case .stop: stop(deadline: try reader.number())
    case .destroy: destroy()
    default: throw WireError("the gateway sent \(frame.kind)")
    }
  }

  /// A request of the gateway, with what it points into.
  private struct Lent<Value>: @unchecked Sendable {
    // Read only, and kept together.
    let payload: FramePayload
    let memory: WireMemory
    let value: UnsafePointer<Value>

    init(_ payload: FramePayload, _ memory: WireMemory, _ value: UnsafePointer<Value>) {
      self.payload = payload
      self.memory = memory
      self.value = value
    }

    func use(
      _ instance: UnsafeMutableRawPointer, _ operation: (UnsafeMutableRawPointer, smg_call, UnsafePointer<Value>) -> Void, _ call: smg_call
    ) {
      withExtendedLifetime((payload, memory)) { operation(instance, call, value) }
    }
  }

  private func fetchConfig(_ frame: Frame, _ memory: WireMemory) throws(WireError) {
    var reader = frame.payload.reader(memory)
    let context = Lent(frame.payload, memory, try reader.context(in: memory))
    let who = Lent(frame.payload, memory, try reader.identity(in: memory))
    let etag = Lent(frame.payload, memory, memory.keep(try reader.text()))
    guard let fetch = provider.auth.pointee.fetch_config else { throw WireError("the gateway asks for what the provider does not have") }
    operate(frame.number, .document) { fetch($0, frame.number, context.value, who.value, etag.value.pointee) }
  }

  private func cancel(_ call: UInt64) {
    let (tells, hasLeft) = calls.withLock { $0.cancel(call) }
    if hasLeft { send(.left, call) }
    guard tells, let cancel = provider.cancel, let pointer = selfPointer else { return }
    let address = UInt(bitPattern: pointer)
    busy.withLock { $0 += 1 }
    // Beside whatever runs, in a serial provider too.
    let isTaken = services.submit { _ in
      if let pointer = UnsafeMutableRawPointer(bitPattern: address) { cancel(pointer, call) }
      self.busy.withLock { $0 -= 1 }
      self.busy.broadcast()
    }
    if !isTaken { busy.withLock { $0 -= 1 } }
  }

  // MARK: Telemetry

  private func emit(_ frame: Frame, _ memory: WireMemory) throws(WireError) {
    var reader = frame.payload.reader(memory)
    var resource = smg_kvs()
    try reader.pairs(&resource)
    if frame.kind == .exportMetrics {
      var value = smg_snapshot()
      try reader.snapshot(&value)
      let lent = Lent(frame.payload, memory, memory.keep(value))
      let pairs = Lent(frame.payload, memory, memory.keep(resource))
      return deliver(frame.number) { self.provider.telemetry.pointee.export_metrics?($0, pairs.value.pointee, lent.value) }
    }
    var records: UnsafePointer<smg_record>?
    var count = 0
    try reader.records(&records, &count)
    guard let first = records, count > 0 else { throw WireError("a batch without records") }
    let list = memory.array(count, of: first)
    for index in 0..<count { list[index] = first + index }
    let lent = Lent(frame.payload, memory, UnsafePointer(list))
    let pairs = Lent(frame.payload, memory, memory.keep(resource))
    let total = count
    deliver(frame.number) { self.provider.telemetry.pointee.emit($0, pairs.value.pointee, lent.value, total) }
  }

  /// Runs it, and tells the gateway, which waits, when it has returned.
  private func deliver(_ number: UInt64, _ body: @escaping @Sendable (UnsafeMutableRawPointer) -> Void) {
    run(on: operations, "emit") { [self] in
      if let pointer = selfPointer { ThreadFrame.current.emit { body(pointer) } }
      send(.left, number)
    }
  }
}

extension PluginTables.Provider {
  var guardrail: UnsafePointer<smg_guardrail> { table.pointee.vtable.assumingMemoryBound(to: smg_guardrail.self) }
  var auth: UnsafePointer<smg_auth> { table.pointee.vtable.assumingMemoryBound(to: smg_auth.self) }
  var telemetry: UnsafePointer<smg_telemetry> { table.pointee.vtable.assumingMemoryBound(to: smg_telemetry.self) }

  /// The operation that takes cancel hints, if the provider has one.
  var cancel: (@convention(c) (UnsafeMutableRawPointer, smg_call) -> Void)? {
    switch kind {
    case .guardrail: guardrail.pointee.cancel
    case .auth: auth.pointee.cancel
    case .telemetry: nil
    }
  }
}
