internal import Glibc

/// The member names of the objects that are open while a text is scanned, and the search for a name that comes twice.
///
/// A name costs eight bytes; the first ones live on the stack. Small objects are compared pair by pair, others through a table that is hashed with
/// the process's random seed (SipHash), so that a text cannot be made to collide: n names cost O(n).
struct MemberNames: ~Copyable {
  /// Where a name stands in the text, without its quotes.
  struct Name {
    var start: UInt32
    /// Length in bytes, shifted left by one; the lowest bit says that the name has an escape.
    var lengthAndEscape: UInt32
    var length: Int { Int(lengthAndEscape >> 1) }
    var isEscaped: Bool { lengthAndEscape & 1 != 0 }
  }

  static var inlineCapacity: Int { 64 }
  private static var largestPairwise: Int { 8 }

  private(set) var count = 0
  private var names: UnsafeMutableBufferPointer<Name>
  private var isOnHeap = false

  /// Borrows `space` until more is needed.
  init(_ space: UnsafeMutableBufferPointer<Name>) { names = space }

  deinit {
    if isOnHeap { names.deallocate() }
  }

  @inline(__always)
  mutating func append(start: Int, length: Int, isEscaped: Bool) {
    if count == names.count { grow() }
    names[count] = Name(
      start: UInt32(truncatingIfNeeded: start), lengthAndEscape: UInt32(truncatingIfNeeded: length) << 1 | (isEscaped ? 1 : 0))
    count &+= 1
  }

  private mutating func grow() {
    let larger = UnsafeMutableBufferPointer<Name>.allocate(capacity: names.count * 2)
    _ = larger.initialize(fromContentsOf: names)
    if isOnHeap { names.deallocate() }
    names = larger
    isOnHeap = true
  }

  /// Forgets the names from index `first` on: their object is complete. Returns the offset of one that comes twice, if there is one.
  @inline(__always)
  mutating func removeMembers(from first: Int, in text: UnsafePointer<UInt8>) -> Int? {
    let members = UnsafeMutableBufferPointer(rebasing: names[first..<count])
    count = first
    return members.count < 2 ? nil : Self.duplicate(among: members, in: text)
  }

  private static func duplicate(among names: UnsafeMutableBufferPointer<Name>, in text: UnsafePointer<UInt8>) -> Int? {
    var escapes: UInt32 = 0
    for name in names { escapes |= name.lengthAndEscape }
    if escapes & 1 != 0 { return duplicateAfterUnescaping(among: names, in: text) }
    return names.count <= largestPairwise ? duplicateByPairs(among: names, in: text) : duplicateByTable(among: names, in: text)
  }

  private static func duplicateByPairs(among names: UnsafeMutableBufferPointer<Name>, in text: UnsafePointer<UInt8>) -> Int? {
    for index in 1..<names.count {
      for earlier in 0..<index where areEqual(names[earlier], names[index], in: text) { return Int(names[index].start) }
    }
    return nil
  }

  /// Open addressing; a slot holds the index of a name plus one.
  private static func duplicateByTable(among names: UnsafeMutableBufferPointer<Name>, in text: UnsafePointer<UInt8>) -> Int? {
    let slots = 1 << (Int.bitWidth - (names.count * 2 - 1).leadingZeroBitCount)
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: slots) { table in
      table.initialize(repeating: 0)
      for index in 0..<names.count {
        let name = names[index]
        var slot = hash(name, in: text) & (slots - 1)
        while table[slot] != 0 {
          if areEqual(names[Int(table[slot]) - 1], name, in: text) { return Int(name.start) }
          slot = (slot + 1) & (slots - 1)
        }
        table[slot] = UInt32(index + 1)
      }
      return nil
    }
  }

  /// Escapes are rare in names, so this need not be fast, only linear.
  private static func duplicateAfterUnescaping(among names: UnsafeMutableBufferPointer<Name>, in text: UnsafePointer<UInt8>) -> Int? {
    var seen = Set<[UInt8]>(minimumCapacity: names.count)
    for name in names {
      let body = UnsafeBufferPointer(start: text + Int(name.start), count: name.length)
      guard seen.insert(Unescaping.exactBytes(of: body)).inserted else { return Int(name.start) }
    }
    return nil
  }

  @inline(__always)
  private static func areEqual(_ one: Name, _ other: Name, in text: UnsafePointer<UInt8>) -> Bool {
    one.lengthAndEscape == other.lengthAndEscape && memcmp(text + Int(one.start), text + Int(other.start), one.length) == 0
  }

  private static func hash(_ name: Name, in text: UnsafePointer<UInt8>) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: UnsafeRawBufferPointer(start: text + Int(name.start), count: name.length))
    return hasher.finalize()
  }
}
