internal import JSON
internal import PluginABI

/// What a library's entry function publishes, checked to the last pointer.
struct PluginTables: @unchecked Sendable {
  struct Provider {
    // Points into a library that is never unloaded.
    var table: UnsafePointer<smg_provider>
    var kind: ProviderKind
    var name: String
    var flags: ProviderFlags
    var configSchema: [UInt8]
  }

  /// Why the tables cannot be used.
  struct Problem: Error {
    var rule: PluginRefusal.Rule
    var reason: String
    var fix: String
  }

  var id: String
  var version: String
  var vendor: String
  var license: String
  var providers: [Provider] = []
  /// Providers that this gateway does not know, and why.
  var skipped: [String] = []

  /// Calls the entry function, twice, and reads what it publishes.
  /// - Parameter readsSchemas: otherwise the configuration schemas are left out, whatever they are.
  init(entry: smg_entry_fn, readsSchemas: Bool = true) throws(Problem) {
    guard let plugin = entry(SMG_ABI_MINOR) else {
      throw Problem(rule: .abiVersion, reason: "refuses plugin ABI 0.\(SMG_ABI_MINOR)", fix: "build it with this gateway's smg_plugin.h")
    }
    guard entry(SMG_ABI_MINOR) == plugin else { throw Self.broken("its entry function gives another table each time") }
    let words = try TableWords(plugin, "the plugin table")
    guard plugin.pointee.abi_minor == SMG_ABI_MINOR, plugin.pointee.min_host_minor <= SMG_ABI_MINOR else {
      throw Problem(
        rule: .abiVersion,
        reason:
          "made for plugin ABI 0.\(plugin.pointee.abi_minor) (host 0.\(plugin.pointee.min_host_minor) or later), this is 0.\(SMG_ABI_MINOR)",
        fix: "build it with this gateway's smg_plugin.h")
    }
    id = try words.name(\.id, "id")
    version = try words.text(\.version, "version")
    vendor = try words.text(\.vendor, "vendor")
    license = try words.text(\.license, "license")
    let count = plugin.pointee.provider_count
    guard count > 0, count <= UInt32(Limits.Plugin.maxProvidersPerLibrary) else { throw Self.broken("it publishes \(count) providers") }
    let list = try words.pointer(\.providers, "providers")
    for index in 0..<Int(count) {
      try add(list.load(fromByteOffset: index * MemoryLayout<UInt>.stride, as: UnsafeRawPointer?.self), index, readsSchemas)
    }
  }

  private mutating func add(_ pointer: UnsafeRawPointer?, _ index: Int, _ readsSchemas: Bool) throws(Problem) {
    guard let pointer else { throw Self.broken("provider \(index) is NULL") }
    let table = pointer.assumingMemoryBound(to: smg_provider.self)
    let words = try TableWords(table, "provider \(index)")
    let name = try words.name(\.name, "name")
    let interface = try words.text(\.interface_id, "interface_id")
    guard let (kind, known) = Self.kind(table.pointee.kind), interface == known else {
      skipped.append("\"\(name)\" of kind \(table.pointee.kind), interface \(interface)")
      return
    }
    for (field, what) in Self.functions { try words.require(field, what) }
    try Self.checkOperations(try words.pointer(\.vtable, "vtable"), kind, name)
    guard !providers.contains(where: { $0.kind == kind && $0.name == name }) else { throw Self.broken("it publishes \"\(name)\" twice") }
    providers.append(
      Provider(
        table: table, kind: kind, name: name, flags: ProviderFlags(rawValue: table.pointee.flags),
        configSchema: readsSchemas ? try Self.schema(table.pointee.config_schema, name) : []))
  }

  private static func kind(_ number: UInt32) -> (ProviderKind, interface: String)? {
    switch number {
    case SMG_KIND_AUTH: (.auth, SMG_IF_AUTH)
    case SMG_KIND_GUARDRAIL: (.guardrail, SMG_IF_GUARDRAIL)
    case SMG_KIND_TELEMETRY: (.telemetry, SMG_IF_TELEMETRY)
    default: nil
    }
  }

  private static var functions: [(PartialKeyPath<smg_provider>, String)] {
    [(\.create, "create"), (\.health, "health"), (\.stop, "stop"), (\.destroy, "destroy")]
  }

  private static func checkOperations(_ table: UnsafeRawPointer, _ kind: ProviderKind, _ name: String) throws(Problem) {
    switch kind {
    case .auth:
      try TableWords(table.assumingMemoryBound(to: smg_auth.self), "\"\(name)\"'s operations").require(\.authenticate, "authenticate")
    case .guardrail:
      try TableWords(table.assumingMemoryBound(to: smg_guardrail.self), "\"\(name)\"'s operations").require(\.check, "check")
    case .telemetry:
      let words = try TableWords(table.assumingMemoryBound(to: smg_telemetry.self), "\"\(name)\"'s operations")
      try words.require(\.emit, "emit")
      try words.require(\.flush, "flush")
    }
  }

  /// The configuration schema: empty, or a JSON Schema that this gateway can apply.
  static func schema(_ bytes: smg_bytes, _ name: String) throws(Problem) -> [UInt8] {
    do {
      let text = try PluginText.json(bytes, "config_schema", max: Limits.Plugin.maxConfigSchemaBytes)
      if !text.isEmpty { _ = try JSONSchema(try RawJSON(validating: text)) }
      return text
    } catch {
      throw broken("the configuration schema of \"\(name)\" cannot be used: \(error)")
    }
  }

  static func broken(_ reason: String) -> Problem {
    Problem(rule: .tables, reason: reason, fix: "the library is faulty: `secure-mcp-gateway plugin check` tells more")
  }
}

/// One published struct, read word by word where the header promises what a faulty library may not keep.
struct TableWords<Table> {
  private let base: UnsafeRawPointer
  private let what: String

  /// Checks alignment and the `size` that the struct begins with.
  init(_ table: UnsafePointer<Table>, _ what: String) throws(PluginTables.Problem) {
    base = UnsafeRawPointer(table)
    self.what = what
    guard UInt(bitPattern: base) % UInt(MemoryLayout<Table>.alignment) == 0 else { throw PluginTables.broken("\(what) is misaligned") }
    let size = base.load(as: UInt32.self)
    guard size == UInt32(MemoryLayout<Table>.size) else {
      throw PluginTables.broken("\(what) has size \(size), not \(MemoryLayout<Table>.size)")
    }
  }

  func pointer(_ field: PartialKeyPath<Table>, _ name: String) throws(PluginTables.Problem) -> UnsafeRawPointer {
    guard let offset = MemoryLayout<Table>.offset(of: field), let pointer = base.load(fromByteOffset: offset, as: UnsafeRawPointer?.self)
    else {
      throw PluginTables.broken("\(what) has no \(name)")
    }
    guard UInt(bitPattern: pointer) % UInt(MemoryLayout<UInt>.alignment) == 0 else {
      throw PluginTables.broken("\(what)'s \(name) is misaligned")
    }
    return pointer
  }

  /// A pointer that must not be NULL, whatever it leads to.
  func require(_ field: PartialKeyPath<Table>, _ name: String) throws(PluginTables.Problem) {
    guard let offset = MemoryLayout<Table>.offset(of: field), base.load(fromByteOffset: offset, as: UInt.self) != 0 else {
      throw PluginTables.broken("\(what) has no \(name)")
    }
  }

  func text(_ field: PartialKeyPath<Table>, _ name: String) throws(PluginTables.Problem) -> String {
    guard let offset = MemoryLayout<Table>.offset(of: field), let start = base.load(fromByteOffset: offset, as: UnsafePointer<CChar>?.self)
    else {
      throw PluginTables.broken("\(what) has no \(name)")
    }
    guard start.pointee != 0 else { return "" }
    guard let text = PluginText.cString(start), text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
      throw PluginTables.broken("\(what)'s \(name) is not a line of at most \(Limits.Plugin.maxIdentifierBytes) bytes")
    }
    return text
  }

  func name(_ field: PartialKeyPath<Table>, _ name: String) throws(PluginTables.Problem) -> String {
    let text = try text(field, name)
    guard PluginText.isName(text) else { throw PluginTables.broken("\(what)'s \(name) \"\(text)\" is not a plain name") }
    return text
  }
}
