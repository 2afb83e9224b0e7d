internal import NIOCore
internal import PluginABI

/// How an isolated binding's process is made.
struct IsolationPlan: Sendable {
  let image: SealedImage
  /// The binary that runs as the process; it must hand `PluginRunner.verb` to `PluginRunner`.
  let runnerPath: String
  let sandbox: SandboxRules
  let createTimeout: TimeAmount
  let threads: Int
  let clock: any RestartClock
}

extension ProviderTable {
  /// A provider whose operations are messages to a process that runs the real ones. The library need not be in this process.
  init(isolating real: FoundLibrary.Provider, isBuiltIn: Bool, plan: IsolationPlan) {
    self.init(provider: IsolatedProvider.table(for: real), listing: real.listing, isBuiltIn: isBuiltIn, isolation: plan)
  }
}

/// The tables of providers in other processes, for the host like those of any other library. One for each instance, and never freed, as the instance's core.
enum IsolatedProvider {
  static func table(for real: FoundLibrary.Provider) -> UnsafePointer<smg_provider> {
    let (kind, interface) = words(real.listing.kind)
    let provider = UnsafeMutablePointer<smg_provider>.allocate(capacity: 1)
    provider.initialize(
      to: smg_provider(
        size: UInt32(MemoryLayout<smg_provider>.size), kind: kind, flags: real.listing.flags.rawValue, reserved: 0,
        name: immortal(real.listing.name), interface_id: immortal(interface),
        // The host has the schema in the listing.
        config_schema: smg_bytes(), create: create, health: health, stop: stop,
        destroy: { instance in IsolatedProvider.take(instance).destroy() }, vtable: operations(real)))
    return UnsafePointer(provider)
  }

  private static func words(_ kind: ProviderKind) -> (kind: UInt32, interface: String) {
    switch kind {
    case .auth: (SMG_KIND_AUTH, SMG_IF_AUTH)
    case .guardrail: (SMG_KIND_GUARDRAIL, SMG_IF_GUARDRAIL)
    case .telemetry: (SMG_KIND_TELEMETRY, SMG_IF_TELEMETRY)
    }
  }

  private static func operations(_ real: FoundLibrary.Provider) -> UnsafeRawPointer {
    let traits = real.traits
    switch real.listing.kind {
    case .guardrail:
      return immortal(
        smg_guardrail(
          size: UInt32(MemoryLayout<smg_guardrail>.size), phases: traits.wanted, flags: traits.flags, reserved: 0, check: check,
          cancel: cancel))
    case .auth:
      return immortal(
        smg_auth(
          size: UInt32(MemoryLayout<smg_auth>.size), flags: 0, authenticate: authenticate,
          fetch_config: traits.fetchesConfigs ? fetchConfig : nil, get_credentials: nil, cancel: cancel))
    case .telemetry:
      return immortal(
        smg_telemetry(
          size: UInt32(MemoryLayout<smg_telemetry>.size), kinds: traits.wanted, emit: emit,
          export_metrics: traits.exportsMetrics ? exportMetrics : nil, flush: flush))
    }
  }

  private static func immortal(_ text: String) -> UnsafePointer<CChar> {
    let bytes = text.utf8CString
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    for (index, byte) in bytes.enumerated() { (copy + index).initialize(to: byte) }
    return UnsafePointer(copy)
  }

  private static func immortal<Table>(_ value: Table) -> UnsafeRawPointer {
    let pointer = UnsafeMutablePointer<Table>.allocate(capacity: 1)
    pointer.initialize(to: value)
    return UnsafeRawPointer(pointer)
  }

  private static func instance(_ pointer: UnsafeMutableRawPointer) -> IsolatedInstance {
    Unmanaged<IsolatedInstance>.fromOpaque(pointer).takeUnretainedValue()
  }

  private static func take(_ pointer: UnsafeMutableRawPointer) -> IsolatedInstance {
    Unmanaged<IsolatedInstance>.fromOpaque(pointer).takeRetainedValue()
  }

  // MARK: Every kind

  private static let create:
    @convention(c) (
      UnsafePointer<smg_host>, smg_bytes, smg_sink, UnsafeMutablePointer<UnsafeMutableRawPointer?>
    ) -> smg_status = { host, config, error, place in
      let core = Unmanaged<InstanceCore>.fromOpaque(host.pointee.ctx).takeUnretainedValue()
      guard let plan = core.table.isolation else { return SMG_E_INTERNAL }
      let instance = IsolatedInstance(core, plan, config: Array(UnsafeBufferPointer(start: config.ptr, count: config.len)))
      let (status, text) = instance.start()
      guard status == SMG_OK else {
        Array(text.utf8).withBytes { error.write(error.ctx, $0) }
        return status
      }
      place.pointee = Unmanaged.passRetained(instance).toOpaque()
      return SMG_OK
    }

  private static let health: @convention(c) (UnsafeMutableRawPointer, smg_call, UnsafePointer<smg_context>) -> Void = { me, call, context in
    instance(me).ask(.health, call) { writer throws(WireError) in try writer.put(context) }
  }

  private static let stop: @convention(c) (UnsafeMutableRawPointer, UInt64) -> smg_status = { me, deadline in
    instance(me).stop(deadline: deadline)
  }

  private static let cancel: @convention(c) (UnsafeMutableRawPointer, smg_call) -> Void = { me, call in instance(me).cancel(call) }

  // MARK: Operations

  private static let check: @convention(c) (UnsafeMutableRawPointer, smg_call, UnsafePointer<smg_guard_request>) -> Void = {
    me, call, request in
    instance(me).ask(.check, call) { writer throws(WireError) in try writer.put(request) }
  }

  private static let authenticate: @convention(c) (UnsafeMutableRawPointer, smg_call, UnsafePointer<smg_auth_request>) -> Void = {
    me, call, request in
    instance(me).ask(.authenticate, call) { writer throws(WireError) in try writer.put(request) }
  }

  private static let fetchConfig:
    @convention(c) (UnsafeMutableRawPointer, smg_call, UnsafePointer<smg_context>, UnsafePointer<smg_identity>, smg_bytes) -> Void = {
      me, call, context, who, etag in
      instance(me).ask(.fetchConfig, call) { writer throws(WireError) in
        try writer.put(context)
        try writer.put(who)
        writer.put(etag)
      }
    }

  private static let flush: @convention(c) (UnsafeMutableRawPointer, smg_call, UnsafePointer<smg_context>) -> Void = { me, call, context in
    instance(me).ask(.flush, call) { writer throws(WireError) in try writer.put(context) }
  }

  private static let emit: @convention(c) (UnsafeMutableRawPointer, smg_kvs, UnsafePointer<UnsafePointer<smg_record>>, Int) -> Void = {
    me, resource, records, count in
    let isDelivered = instance(me).deliver(.emit) { writer throws(WireError) in
      var resource = resource
      try writer.pairs(&resource)
      writer.put(UInt64(count))
      for index in 0..<count {
        var record = records[index].pointee
        try writer.record(&record)
      }
    }
    if !isDelivered { instance(me).dropped(count) }
  }

  private static let exportMetrics: @convention(c) (UnsafeMutableRawPointer, smg_kvs, UnsafePointer<smg_snapshot>) -> Void = {
    me, resource, snapshot in
    _ = instance(me).deliver(.exportMetrics) { writer throws(WireError) in
      var resource = resource
      try writer.pairs(&resource)
      var value = snapshot.pointee
      try writer.snapshot(&value)
    }
  }
}
