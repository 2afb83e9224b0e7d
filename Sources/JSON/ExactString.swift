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
    utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
  }

  func hashUTF8(into hasher: inout Hasher) {
    var copy = self
    copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
  }
}
