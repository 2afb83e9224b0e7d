internal import Glibc

/// Numbers of the ELF format that this gateway looks at (System V ABI, "Object Files" and "Dynamic Linking"; GNU additions).
enum ELF {
  static let sharedObject: UInt16 = 3
  #if arch(x86_64)
    static let thisMachine: UInt16 = 62
  #elseif arch(arm64)
    static let thisMachine: UInt16 = 183
  #endif
  static let loadSegment: UInt32 = 1
  static let dynamicSegment: UInt32 = 2
  static let stackSegment: UInt32 = 0x6474_E551
  static let executable: UInt32 = 1
  static let writable: UInt32 = 2
  static let flagTextRelocations: UInt64 = 4
  static let flagNoDelete: UInt64 = 8
  static let flagExecutable: UInt64 = 0x0800_0000
  static let uniqueBinding: UInt8 = 10
  static let entryPrefix = Array("smg_plugin_entry_v".utf8)

  enum Tag {
    static let null: UInt64 = 0
    static let needed: UInt64 = 1
    static let hash: UInt64 = 4
    static let stringTable: UInt64 = 5
    static let symbolTable: UInt64 = 6
    static let stringSize: UInt64 = 10
    static let symbolSize: UInt64 = 11
    static let rpath: UInt64 = 15
    static let textRelocations: UInt64 = 22
    static let runpath: UInt64 = 29
    static let flags: UInt64 = 30
    static let gnuHash: UInt64 = 0x6FFF_FEF5
    static let flags1: UInt64 = 0x6FFF_FFFB
  }

  // What no plugin needs more of.
  static let maxSegments: UInt16 = 256
  static let maxDynamicEntries: UInt64 = 4_096
  static let maxSymbols: UInt64 = 4 << 20
  static let maxNameBytes: UInt64 = 4_096
}

/// The bytes of a file with bounds-checked, little-endian access. Offsets may be anything.
struct ELFBytes {
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var count: Int { bytes.count }

  func starts(with prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }

  func byte(_ base: UInt64, _ offset: UInt64 = 0) throws(ELFLibrary.Problem) -> UInt8 { try load(base, offset) }
  func u16(_ base: UInt64, _ offset: UInt64 = 0) throws(ELFLibrary.Problem) -> UInt16 { UInt16(littleEndian: try load(base, offset)) }
  func u32(_ base: UInt64, _ offset: UInt64 = 0) throws(ELFLibrary.Problem) -> UInt32 { UInt32(littleEndian: try load(base, offset)) }
  func u64(_ base: UInt64, _ offset: UInt64 = 0) throws(ELFLibrary.Problem) -> UInt64 { UInt64(littleEndian: try load(base, offset)) }

  private func load<Number: FixedWidthInteger & BitwiseCopyable>(_ base: UInt64, _ offset: UInt64) throws(ELFLibrary.Problem) -> Number {
    let (start, overflow) = base.addingReportingOverflow(offset)
    let size = UInt64(MemoryLayout<Number>.size)
    guard !overflow, start <= UInt64(count), UInt64(count) - start >= size else { throw ELFLibrary.malformed("it points outside the file") }
    return bytes.loadUnaligned(fromByteOffset: Int(start), as: Number.self)
  }

  /// A NUL-terminated name in a string table.
  func string(_ table: (start: UInt64, size: UInt64), _ offset: UInt64) throws(ELFLibrary.Problem) -> String {
    var text: [UInt8] = []
    while offset < table.size, UInt64(text.count) < table.size - offset, UInt64(text.count) < ELF.maxNameBytes {
      let byte = try byte(table.start, offset + UInt64(text.count))
      if byte == 0 { return String(decoding: text, as: UTF8.self) }
      text.append(byte)
    }
    throw ELFLibrary.malformed("a name lies outside the string table")
  }

  func hasPrefix(_ table: (start: UInt64, size: UInt64), _ offset: UInt64, _ prefix: [UInt8]) throws(ELFLibrary.Problem) -> Bool {
    guard offset < table.size, UInt64(prefix.count) <= table.size - offset else { return false }
    for (index, expected) in prefix.enumerated() where try byte(table.start, offset + UInt64(index)) != expected { return false }
    return true
  }
}

/// Where virtual addresses lie in the file.
struct ELFSegments {
  private let loaded: [ELFLibrary.Segment]
  private let fileSize: UInt64

  init(_ segments: [ELFLibrary.Segment], in file: ELFBytes) {
    loaded = segments.filter { $0.type == ELF.loadSegment }
    fileSize = UInt64(file.count)
  }

  /// The file offset of `size` bytes at `address`, all of them inside the file.
  func offset(of address: UInt64, size: UInt64) throws(ELFLibrary.Problem) -> UInt64 {
    for segment in loaded where address >= segment.address {
      let inside = address - segment.address
      guard inside <= segment.fileSize, segment.fileSize - inside >= size else { continue }
      let (offset, overflow) = segment.offset.addingReportingOverflow(inside)
      if !overflow, offset <= fileSize, fileSize - offset >= size { return offset }
    }
    throw ELFLibrary.malformed("an address lies outside the loaded segments")
  }
}

/// The number of dynamic symbols, which only the hash tables tell.
enum ELFHash {
  static func symbolCount(_ file: ELFBytes, _ segments: ELFSegments, _ table: [UInt64: UInt64]) throws(ELFLibrary.Problem) -> UInt64 {
    if let address = table[ELF.Tag.hash] { return UInt64(try file.u32(try segments.offset(of: address, size: 8), 4)) }
    guard let address = table[ELF.Tag.gnuHash] else { throw ELFLibrary.malformed("no hash table") }
    let start = try segments.offset(of: address, size: 16)
    let (buckets, first, words) = (UInt64(try file.u32(start)), UInt64(try file.u32(start, 4)), UInt64(try file.u32(start, 8)))
    guard buckets <= ELF.maxSymbols, words <= ELF.maxSymbols else { throw ELFLibrary.malformed("too many symbols") }
    let bucketsAt = start + 16 + words * 8
    var last: UInt64 = 0
    for index in 0..<buckets { last = max(last, UInt64(try file.u32(bucketsAt, index * 4))) }
    guard last >= first else { return first }
    let chainsAt = bucketsAt + buckets * 4
    while try file.u32(chainsAt, (last - first) * 4) & 1 == 0 {
      last += 1
      guard last <= ELF.maxSymbols else { throw ELFLibrary.malformed("too many symbols") }
    }
    return last + 1
  }
}
