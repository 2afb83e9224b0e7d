internal import Glibc

enum ByteSearch {
  /// Offset of the first occurrence.
  static func find(_ needle: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
    find(UnsafeRawBufferPointer(start: needle.utf8Start, count: needle.utf8CodeUnitCount), in: bytes)
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
