internal import Glibc

/// What an ELF file says about itself, read without running any of it. Every offset is checked against the file.
struct ELFLibrary {
  /// Why it is not a library that can be loaded.
  struct Problem: Error {
    var rule: PluginRefusal.Rule
    var reason: String
    var fix: String
  }

  private(set) var needed: [String] = []
  private(set) var searchFolders: [String] = []
  private(set) var isNeverUnloaded = false
  private(set) var hasTextRelocations = false
  private(set) var hasExecutableStack = true
  /// Functions it exports whose names begin with `smg_plugin_entry_v`.
  private(set) var entrySymbols: [String] = []
  /// With `listsExports`: names of what it exports, as many as are kept, and how many there are.
  private(set) var exports: [String] = []
  private(set) var exportCount = 0
  /// With `listsExports`: exports that the linker makes one of in the whole process (STB_GNU_UNIQUE), as many as are kept.
  private(set) var uniqueSymbols: [String] = []

  /// - Parameter listsExports: the loader does without: it takes time.
  init(_ bytes: UnsafeRawBufferPointer, listsExports: Bool = false) throws(Problem) {
    let file = ELFBytes(bytes)
    let segments = try Self.header(file)
    guard let dynamic = segments.first(where: { $0.type == ELF.dynamicSegment }) else { throw Self.malformed("no dynamic section") }
    if let stack = segments.first(where: { $0.type == ELF.stackSegment }) { hasExecutableStack = stack.flags & ELF.executable != 0 }
    if segments.contains(where: { $0.type == ELF.loadSegment && $0.flags & ELF.executable != 0 && $0.flags & ELF.writable != 0 }) {
      throw Problem(
        rule: .elf, reason: "has memory that is writable and executable at once", fix: "link it without -N and without RWX sections")
    }
    try readDynamic(file, ELFSegments(segments, in: file), dynamic, listsExports)
  }

  // MARK: Parts

  struct Segment {
    var type: UInt32
    var flags: UInt32
    var offset: UInt64
    var address: UInt64
    var fileSize: UInt64
  }

  private static func header(_ file: ELFBytes) throws(Problem) -> [Segment] {
    guard file.count >= 64, file.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else { throw malformed("not an ELF file") }
    guard try file.byte(4) == 2, try file.byte(5) == 1 else {
      throw Problem(rule: .machine, reason: "not a 64-bit little-endian library", fix: "build it for this machine")
    }
    let machine = try file.u16(18)
    guard machine == ELF.thisMachine else {
      throw Problem(rule: .machine, reason: "built for machine \(machine), this is \(ELF.thisMachine)", fix: "build it for this machine")
    }
    guard try file.u16(16) == ELF.sharedObject else { throw malformed("not a shared library") }
    let (start, entrySize, count) = (try file.u64(32), try file.u16(54), try file.u16(56))
    guard entrySize == 56, count > 0, count <= ELF.maxSegments else { throw malformed("an unusual segment table") }
    var segments: [Segment] = []
    for index in 0..<UInt64(count) {
      let (base, overflow) = start.addingReportingOverflow(index * 56)
      guard !overflow else { throw malformed("the segment table lies outside the file") }
      segments.append(
        Segment(
          type: try file.u32(base), flags: try file.u32(base, 4), offset: try file.u64(base, 8), address: try file.u64(base, 16),
          fileSize: try file.u64(base, 32)))
    }
    return segments
  }

  private mutating func readDynamic(
    _ file: ELFBytes, _ segments: ELFSegments, _ dynamic: Segment, _ listsExports: Bool
  ) throws(Problem) {
    var names: [UInt64] = []
    var paths: [UInt64] = []
    var table: [UInt64: UInt64] = [:]
    guard dynamic.fileSize / 16 <= ELF.maxDynamicEntries else { throw Self.malformed("too many dynamic entries") }
    for index in 0..<(dynamic.fileSize / 16) {
      let (tag, value) = (try file.u64(dynamic.offset, index * 16), try file.u64(dynamic.offset, index * 16 + 8))
      if tag == ELF.Tag.null { break }
      switch tag {
      case ELF.Tag.needed: names.append(value)
      case ELF.Tag.rpath, ELF.Tag.runpath: paths.append(value)
      case ELF.Tag.textRelocations: hasTextRelocations = true
      default: table[tag] = value
      }
    }
    if (table[ELF.Tag.flags] ?? 0) & ELF.flagTextRelocations != 0 { hasTextRelocations = true }
    isNeverUnloaded = (table[ELF.Tag.flags1] ?? 0) & ELF.flagNoDelete != 0
    if (table[ELF.Tag.flags1] ?? 0) & ELF.flagExecutable != 0 { throw Self.malformed("an executable, not a library") }
    guard let stringsAt = table[ELF.Tag.stringTable], let size = table[ELF.Tag.stringSize] else { throw Self.malformed("no string table") }
    let strings = (start: try segments.offset(of: stringsAt, size: size), size: size)
    for name in names { needed.append(try file.string(strings, name)) }
    for path in paths {
      searchFolders += try file.string(strings, path).split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    }
    try readSymbols(file, segments, table, strings, listsExports)
  }

  /// What the dynamic symbol table offers to others: functions named like an entry function, and everything if that is wanted.
  private mutating func readSymbols(
    _ file: ELFBytes, _ segments: ELFSegments, _ table: [UInt64: UInt64], _ strings: (start: UInt64, size: UInt64), _ listsExports: Bool
  ) throws(Problem) {
    guard let symbolsAt = table[ELF.Tag.symbolTable], table[ELF.Tag.symbolSize] == 24 else { throw Self.malformed("no symbol table") }
    let count = try ELFHash.symbolCount(file, segments, table)
    guard count <= ELF.maxSymbols else { throw Self.malformed("too many symbols") }
    let start = try segments.offset(of: symbolsAt, size: count * 24)
    for index in 0..<count {
      let base = start + index * 24
      let (info, other, section) = (try file.byte(base, 4), try file.byte(base, 5), try file.u16(base, 6))
      let binding = info >> 4
      let isVisible = (binding == 1 || binding == 2 || binding == ELF.uniqueBinding) && (other & 3 == 0 || other & 3 == 3)
      guard section != 0, isVisible else { continue }
      let name = UInt64(try file.u32(base))
      if listsExports { try list(binding, try file.string(strings, name)) }
      guard info & 15 == 2, try file.hasPrefix(strings, name, ELF.entryPrefix) else { continue }
      entrySymbols.append(try file.string(strings, name))
    }
  }

  private mutating func list(_ binding: UInt8, _ name: String) throws(Problem) {
    exportCount += 1
    if binding == ELF.uniqueBinding {
      if uniqueSymbols.count < Limits.PluginCheck.maxReasons { uniqueSymbols.append(name) }
    } else if exports.count < Limits.PluginCheck.maxReasons {
      exports.append(name)
    }
  }

  static func malformed(_ reason: String) -> Problem {
    Problem(rule: .elf, reason: reason, fix: "build it as a shared library (cc -shared -fPIC)")
  }
}
