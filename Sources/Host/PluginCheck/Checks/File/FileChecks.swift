internal import PluginABI

// What can be seen without running any of the library. Each is a rule of the loader, too.

extension PluginCheck {
  static let elf = format(
    CheckRule(
      id: "elf", summary: "The file is a shared library for this machine.",
      header: "A plugin is a shared library; the host loads it with dlopen().",
      fix: "Build it for this machine with `cc -shared -fPIC`, without -N and without sections that are writable and executable at once.")
  ) { file throws(CheckEnd) in
    file.elfProblem.map { [CheckReason(rule: "elf", text: $0)] } ?? []
  }

  static let entrySymbol = format(
    CheckRule(
      id: "entry-symbol", summary: "The library exports smg_plugin_entry_v0.",
      header: "\"A plugin exports one function, smg_plugin_entry_v0.\" The major version of the ABI stands in its name.",
      fix:
        "Define smg_plugin_entry_v0 as in the example at the end of the header: with SMG_EXPORT, in C++ inside extern \"C\", in Rust with "
        + "#[unsafe(no_mangle)] extern \"C\".")
  ) { file throws(CheckEnd) in
    let elf = try file.library()
    if elf.entrySymbols.contains(SMG_ENTRY_SYMBOL) { return [] }
    guard let other = elf.entrySymbols.first else {
      return [CheckReason(rule: "entry-symbol", text: "\(SMG_ENTRY_SYMBOL) is not exported")]
    }
    return [CheckReason(rule: "abi-version", text: "only \(other) is exported, and this gateway speaks major 0 of the ABI")]
  }

  static let exports = format(
    CheckRule(
      id: "exports", summary: "The library exports nothing but its entry function.",
      header:
        "\"The one symbol that a plugin exports.\" Build everything else with hidden visibility: what is exported can be mixed up with the "
        + "symbols of other libraries.",
      fix:
        "Build with -fvisibility=hidden (C++: -fvisibility-inlines-hidden too) and mark only the entry function with SMG_EXPORT; or link with a "
        + "version script: { global: smg_plugin_entry_v0; local: *; };")
  ) { file throws(CheckEnd) in
    let elf = try file.library()
    var reasons: [CheckReason] = []
    let others = elf.exports.filter { !$0.hasPrefix("smg_plugin_entry_v") }
    if !others.isEmpty {
      let rest = elf.exportCount - elf.exports.count
      let list = others.prefix(8).joined(separator: ", ")
      reasons.append(
        CheckReason(
          rule: "exports",
          text: "it also exports \(list)" + (others.count + rest > 8 ? " and \(others.count + rest - 8) more" : "")))
    }
    if !elf.uniqueSymbols.isEmpty {
      let list = elf.uniqueSymbols.prefix(4).joined(separator: ", ")
      reasons.append(
        CheckReason(rule: "exports", text: "\(list) would be shared with every other library that has it (STB_GNU_UNIQUE of C++ templates)")
      )
    }
    return reasons
  }

  static let textRelocations = format(
    CheckRule(
      id: "text-relocations", summary: "The library does not rewrite its own code when it is loaded.",
      header: "A library that is loaded privately from memory has to be position-independent.", fix: "Build every part of it with -fPIC.")
  ) { file throws(CheckEnd) in
    try file.library().hasTextRelocations ? [CheckReason(rule: "text-relocations", text: "it has text relocations (DT_TEXTREL)")] : []
  }

  static let executableStack = format(
    CheckRule(
      id: "executable-stack", summary: "The library asks for no executable stack.",
      header: "One library that asks for it makes the stacks of the whole gateway executable.",
      fix: "Link with -z noexecstack; hand-written assembly needs a section .note.GNU-stack; nested functions of GNU C ask for it, too.")
  ) { file throws(CheckEnd) in
    try file.library().hasExecutableStack ? [CheckReason(rule: "executable-stack", text: "it asks for an executable stack")] : []
  }

  static let dependencies = format(
    CheckRule(
      id: "dependencies", summary: "The libraries that it needs are the system's.",
      header: "The library is loaded from a private copy: one beside the original file is not found.",
      fix: "Link other libraries statically, and leave out relative -rpath settings.")
  ) { file throws(CheckEnd) in
    let elf = try file.library()
    do throws(PluginRefusal) {
      try LibraryDependencies.check(elf, path: file.path)
      return []
    } catch {
      return [CheckReason(rule: "dependencies", text: error.reason)]
    }
  }

  static let neverUnloaded = format(
    CheckRule(
      id: "nodelete", summary: "The library is marked never to be unloaded.",
      header: "R9: \"The library itself is never unloaded.\" The mark keeps it so when something else in the process closes it.",
      fix: "Link with -Wl,-z,nodelete.", severity: .advice)
  ) { file throws(CheckEnd) in
    try file.library().isNeverUnloaded ? [] : [CheckReason(rule: "nodelete", text: "it is not linked with -z nodelete")]
  }

  static let ownership = format(
    CheckRule(
      id: "ownership", summary: "Nobody but root and you can change the file.",
      header: "The gateway refuses libraries that others can change, and such in folders that others can change.",
      fix: "Install it with chmod go-w, in a folder that is yours or root's.", severity: .advice)
  ) { file throws(CheckEnd) in
    let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
    do throws(PluginRefusal) {
      let folder = try Folder.open(FilePath.directory(of: file.path))
      _ = try LibraryFile.open(name, in: folder)
      guard name.hasPrefix("lib"), name.hasSuffix(".so") else {
        return [CheckReason(rule: "ownership", text: "its name is not of the form lib….so, by which the gateway finds plugins in a folder")]
      }
      return []
    } catch {
      return [CheckReason(rule: "ownership", text: "where it lies now, the gateway would refuse it: \(error.reason)")]
    }
  }
}

extension CheckedFile {
  /// - Throws: `skipped` when the file is no library.
  func library() throws(CheckEnd) -> ELFLibrary {
    guard let elf else { throw .skipped("the file is no library") }
    return elf
  }
}
