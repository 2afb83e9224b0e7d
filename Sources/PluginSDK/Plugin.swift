public import PluginABI

/// A plugin: what it is called and which providers it offers.
///
/// A plugin is one constant and one exported function:
///
/// ```swift
/// let plugin = Plugin(
///   id: "dev.example.keyword", version: "1.0.0", vendor: "Example", license: "Apache-2.0",
///   providers: [Provider(Keyword.self)])
///
/// @c(smg_plugin_entry_v0) public func entry(_ hostMinor: UInt32) -> PluginTable? { plugin.entry(hostMinor) }
/// ```
///
/// The tables are built when the constant is first read, are immutable from then on and live until the process ends, as the ABI's R1 asks.
public struct Plugin: Sendable {
  private nonisolated(unsafe) let table: PluginTable

  /// - Parameters:
  ///   - id: A name that nobody else uses: a reversed domain, e.g. "dev.example.keyword".
  ///   - version: The plugin's own version, e.g. "1.4.2".
  ///   - vendor: Who publishes it.
  ///   - license: An SPDX expression.
  ///   - providers: What it offers. At most 32 different types in one library.
  public init(id: String, version: String, vendor: String, license: String, providers: [Provider]) {
    let tables = providers.flatMap { $0.makeTables() }
    let list = UnsafeMutablePointer<UnsafePointer<smg_provider>>.allocate(capacity: max(tables.count, 1))
    for (index, provider) in tables.enumerated() { (list + index).initialize(to: provider) }
    table = Immortal.allocate(
      smg_plugin(
        size: UInt32(MemoryLayout<smg_plugin>.size), abi_minor: SMG_ABI_MINOR, min_host_minor: SMG_ABI_MINOR,
        provider_count: UInt32(tables.count), id: Immortal.cString(id), version: Immortal.cString(version),
        vendor: Immortal.cString(vendor), license: Immortal.cString(license), providers: list, get_interface: nil))
  }

  /// What the exported entry function returns: the plugin's tables, or nil for a host of another minor (R0: a draft asks for equality).
  public func entry(_ hostMinor: UInt32) -> PluginTable? { hostMinor == SMG_ABI_MINOR ? table : nil }
}

/// The immutable table that `smg_plugin_entry_v0` returns.
public typealias PluginTable = UnsafePointer<smg_plugin>
