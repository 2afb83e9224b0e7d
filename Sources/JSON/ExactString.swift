internal import Glibc

/// A string that equals only those with the same code points, as JSON's names and strings do. Swift's own equality takes composed and decomposed letters for the
/// same.
struct ExactString: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: ExactString, right: ExactString) -> Bool { left.text.hasSameUTF8(as: right.text) }
  func hash(into hasher: inout Hasher) { text.hashUTF8(into: &hasher) }
}

extension String {
  func hasSameUTF8(as other: String) -> Bool {
    guard utf8.count == other.utf8.count else { return false }
    let isSame = utf8.withContiguousStorageIfAvailable { own in
      other.utf8.withContiguousStorageIfAvailable { Self.areEqual(own, $0) }
    }
    return isSame.flatMap(\.self) ?? utf8.elementsEqual(other.utf8)
  }

  /// Both of the same length.
  private static func areEqual(_ one: UnsafeBufferPointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = one.baseAddress, let otherBase = other.baseAddress else { return true }
    return memcmp(base, otherBase, one.count) == 0
  }

  func hashUTF8(into hasher: inout Hasher) {
    var copy = self
    copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
  }
}
