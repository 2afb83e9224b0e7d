import PluginABI
import PluginSDK
import PluginTesting
import Testing

@Suite struct BuiltLibraryTests {
  @Test(arguments: BuiltLibrary.all)
  func `the entry is pure and refuses other minors`(library: BuiltLibrary) throws {
    let entry = try library.entry()
    let table = try #require(entry(SMG_ABI_MINOR))
    #expect(entry(SMG_ABI_MINOR) == table)
    #expect(entry(SMG_ABI_MINOR + 1) == nil)
    #expect(entry(0) == nil)
  }

  @Test(arguments: BuiltLibrary.all)
  func `every table says its size`(library: BuiltLibrary) throws {
    let table = try library.open()
    #expect(table.pointee.size == UInt32(MemoryLayout<smg_plugin>.size))
    #expect(table.pointee.abi_minor == SMG_ABI_MINOR)
    #expect(table.pointee.min_host_minor == SMG_ABI_MINOR)
    #expect(table.pointee.provider_count > 0)
    for provider in table.providerTables {
      #expect(provider.size == UInt32(MemoryLayout<smg_provider>.size))
      #expect(provider.config_schema.len > 0)
      let vtableSizes: [UInt32: Int] = [
        SMG_KIND_AUTH: MemoryLayout<smg_auth>.size, SMG_KIND_GUARDRAIL: MemoryLayout<smg_guardrail>.size,
        SMG_KIND_TELEMETRY: MemoryLayout<smg_telemetry>.size,
      ]
      #expect(provider.vtable.load(as: UInt32.self) == UInt32(vtableSizes[provider.kind] ?? 0))
    }
  }
}
