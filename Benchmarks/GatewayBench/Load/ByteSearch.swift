internal import Glibc

enum ByteSearch {
  /// Offset of the first occurrence.
  static func find(_ needle: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
    find(UnsafeRawBufferPointer(start: needle.utf8Start, count: needle.utf8CodeUnitCount), in: bytes)
  }

  /// How often it occurs, without overlaps.
  static func count(_ needle: StaticString, in bytes: UnsafeRawBufferPointer) -> Int {
    var (rest, count) = (bytes, 0)
    while let offset = find(needle, in: rest) {
      count += 1
      rest = UnsafeRawBufferPointer(rebasing: rest[(offset + needle.utf8CodeUnitCount)...])
    }
    return count
  }

  /// For needles whose first byte is rare in `bytes`.
  static func find(_ needle: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress, let start = needle.baseAddress, let first = needle.first else { return nil }
    var offset = 0
    while bytes.count - offset >= needle.count {
      guard let found = memchr(base + offset, Int32(first), bytes.count - offset - needle.count + 1) else { return nil }
      if memcmp(found, start, needle.count) == 0 { return UnsafeRawPointer(found) - base }
      offset = UnsafeRawPointer(found) - base + 1
    }
    return nil
  }
}
