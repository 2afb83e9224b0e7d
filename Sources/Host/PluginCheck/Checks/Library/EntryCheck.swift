internal import Glibc
internal import PluginABI

extension PluginCheck {
  static let entry = library(
    CheckRule(
      id: "entry", summary: "The entry function only declares: the same table each time, no threads, no descriptors.",
      header:
        "\"Declares what the plugin offers and does nothing else: no side effects, no threads, no I/O, no call back. Called more than once, it "
        + "returns the same pointer. NULL: the plugin refuses this host.\"",
      fix: "Return the address of a constant table, and start everything else in create().")
  ) { library throws(CheckEnd) in
    let before = ProcessState.now()
    let entry = try library.entry()
    let tables = library.frames.inside("the entry function") { [entry(SMG_ABI_MINOR), entry(SMG_ABI_MINOR)] }
    guard let table = tables[0] else {
      throw .failed(rule: "abi-version", "the entry function refuses this gateway, whose ABI is 0.\(SMG_ABI_MINOR)")
    }
    if tables[1] != table { library.log.fail("entry", "it returned another table when it was called again") }
    for minor in [0, SMG_ABI_MINOR + 1, .max] {
      let other = library.frames.inside("the entry function for ABI 0.\(minor)") { entry(minor) }
      if let other, other != table { library.log.fail("entry", "it returned another table for a host of ABI 0.\(minor)") }
    }
    let after = ProcessState.now()
    if after.threads > before.threads {
      library.log.fail("entry", "loading or declaring has started threads: \(after.threads - before.threads)")
    }
    if after.descriptors > before.descriptors {
      library.log.fail("entry", "loading or declaring has opened descriptors: \(after.descriptors - before.descriptors)")
    }
  }

  static let abiVersion = library(
    CheckRule(
      id: "abi-version", summary: "The plugin was built for this version of the ABI.",
      header: "R0: \"Major 0 may still change: host and plugin must have been built with the same SMG_ABI_MINOR.\"",
      fix: "Build it again with the smg_plugin.h of this gateway, and let abi_minor and min_host_minor be SMG_ABI_MINOR.")
  ) { library throws(CheckEnd) in
    let entry = try library.entry()
    guard let table = library.frames.inside("the entry function", { entry(SMG_ABI_MINOR) }) else {
      throw .failed("the entry function refuses this gateway, whose ABI is 0.\(SMG_ABI_MINOR)")
    }
    guard table.pointee.size == UInt32(MemoryLayout<smg_plugin>.size) else {
      throw .skipped("the plugin table has another size: see tables")
    }
    if table.pointee.abi_minor != SMG_ABI_MINOR {
      library.log.fail("abi-version", "abi_minor is \(table.pointee.abi_minor), this gateway has \(SMG_ABI_MINOR)")
    }
    if table.pointee.min_host_minor > SMG_ABI_MINOR {
      library.log.fail("abi-version", "min_host_minor is \(table.pointee.min_host_minor), this gateway has \(SMG_ABI_MINOR)")
    }
  }
}
