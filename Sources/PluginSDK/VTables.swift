internal import PluginABI

/// The table of C functions of each interface. Each function finds the instance, checks what it was given, and hands over to Swift.
enum VTables {
  static func guardrail(_ phases: GuardrailPhases, _ options: GuardrailOptions, isCancellable: Bool) -> UnsafeRawPointer {
    UnsafeRawPointer(
      Immortal.allocate(
        smg_guardrail(
          size: UInt32(MemoryLayout<smg_guardrail>.size), phases: phases.rawValue, flags: options.rawValue, reserved: 0, check: check,
          cancel: isCancellable ? cancel : nil)))
  }

  static func auth(isCancellable: Bool, fetchesConfigs: Bool) -> UnsafeRawPointer {
    UnsafeRawPointer(
      Immortal.allocate(
        smg_auth(
          size: UInt32(MemoryLayout<smg_auth>.size), flags: 0, authenticate: authenticate,
          fetch_config: fetchesConfigs ? fetchConfig : nil, get_credentials: nil,
          cancel: isCancellable || fetchesConfigs ? cancel : nil)))
  }

  static func telemetry(_ kinds: RecordKinds) -> UnsafeRawPointer {
    UnsafeRawPointer(
      Immortal.allocate(
        smg_telemetry(
          size: UInt32(MemoryLayout<smg_telemetry>.size), kinds: kinds.rawValue, emit: emit, export_metrics: exportMetrics, flush: flush)))
  }
}

private let wrongInterface = PluginError.internal("the instance does not offer this interface")
private let tooSmall = PluginError.invalid("the host's structure is smaller than this ABI minor's")

private func check(_ pointer: UnsafeMutableRawPointer, _ id: smg_call, _ request: UnsafePointer<smg_guard_request>) {
  let instance = Instance.at(pointer)
  let call = Call(id, instance.services)
  guard case .guardrail(let check) = instance.operations else { return call.fail(wrongInterface) }
  guard GuardrailRequest.isReadable(request) else { return call.fail(tooSmall) }
  check(instance, call, id, GuardrailRequest(request))
}

private func authenticate(_ pointer: UnsafeMutableRawPointer, _ id: smg_call, _ request: UnsafePointer<smg_auth_request>) {
  let instance = Instance.at(pointer)
  let call = Call(id, instance.services)
  guard case .auth(let authenticate, _) = instance.operations else { return call.fail(wrongInterface) }
  guard AuthRequest.isReadable(request) else { return call.fail(tooSmall) }
  authenticate(instance, call, id, AuthRequest(request))
}

private func fetchConfig(
  _ pointer: UnsafeMutableRawPointer, _ id: smg_call, _ context: UnsafePointer<smg_context>, _ who: UnsafePointer<smg_identity>,
  _ etag: smg_bytes
) {
  let instance = Instance.at(pointer)
  let call = Call(id, instance.services)
  guard case .auth(_, let source?) = instance.operations else { return call.fail(wrongInterface) }
  guard CallContext.isReadable(context), let identity = Identity(who) else { return call.fail(tooSmall) }
  let request = ConfigRequest(context: CallContext(context).copy, identity: identity, etag: BorrowedText(etag, of: instance).string)
  instance.run(call, id) { held in
    do {
      let document = try await source.fetchConfig(request)
      if let call = held.take() { document.complete(call) }
    } catch {
      held.take()?.fail(error)
    }
  }
}

private func cancel(_ pointer: UnsafeMutableRawPointer, _ id: smg_call) { Instance.at(pointer).tasks.cancel(id) }

private func emit(
  _ pointer: UnsafeMutableRawPointer, _ resource: smg_kvs, _ records: UnsafePointer<UnsafePointer<smg_record>>, _ count: Int
) {
  guard case .telemetry(let provider) = Instance.at(pointer).operations, RecordBatch.isReadable(records, count) else { return }
  provider.emit(RecordBatch(resource, records, count))
}

private func exportMetrics(_ pointer: UnsafeMutableRawPointer, _ resource: smg_kvs, _ snapshot: UnsafePointer<smg_snapshot>) {
  guard case .telemetry(let provider) = Instance.at(pointer).operations, MetricSnapshot.isReadable(snapshot) else { return }
  provider.exportMetrics(MetricSnapshot(resource, snapshot))
}

private func flush(_ pointer: UnsafeMutableRawPointer, _ id: smg_call, _ context: UnsafePointer<smg_context>) {
  let instance = Instance.at(pointer)
  let call = Call(id, instance.services)
  guard case .telemetry(let provider) = instance.operations else { return call.fail(wrongInterface) }
  guard CallContext.isReadable(context) else { return call.fail(tooSmall) }
  do {
    try provider.flush(before: CallContext(context).deadline)
    call.succeed()
  } catch {
    call.fail(error)
  }
}
