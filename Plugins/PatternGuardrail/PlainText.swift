internal import TextFolding

/// Bytes that may be read at any index: beyond either end there are zeros, and inside there are none.
struct PlainBytes {
  private let start: UnsafePointer<UInt8>?
  let count: Int

  init(_ buffer: UnsafeBufferPointer<UInt8>) {
    start = buffer.baseAddress
    count = buffer.baseAddress == nil ? 0 : buffer.count
  }

  @inline(__always)
  subscript(index: Int) -> UInt8 {
    guard let start, UInt(bitPattern: index) < UInt(bitPattern: count) else { return 0 }
    return start[index]
  }

  var buffer: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

  func slice(_ range: Range<Int>) -> Slice<UnsafeBufferPointer<UInt8>> { buffer[range.clamped(to: 0..<count)] }

  /// Whether `ascii` stands at `index`.
  func has(_ ascii: StaticString, at index: Int) -> Bool {
    for offset in 0..<ascii.utf8CodeUnitCount where self[index &+ offset] != ascii.utf8Start[offset] { return false }
    return true
  }
}

/// A text as the scanners read it, folded by `PlainFolding`, with the way back to the text as it stands in the message.
struct PlainText {
  let bytes: PlainBytes
  /// Where in the original each byte begins, and where the original ends; nil: at the same place.
  private let offsets: [UInt32]?

  /// Whether the original is more than printable ASCII.
  var isFolded: Bool { offsets != nil }

  /// The original's bytes of a part of the plain text, whatever was hidden between them included.
  func original(_ range: Range<Int>) -> Range<Int> {
    guard let offsets else { return range }
    let last = offsets.count - 1
    let start = Int(offsets[min(max(0, range.lowerBound), last)])
    let end = Int(offsets[min(max(0, range.upperBound), last)])
    return min(start, end)..<max(start, end)
  }

  /// Calls `body` with the plain form of a UTF-8 text; what needs no folding is not copied.
  static func with<Result>(_ text: UnsafeBufferPointer<UInt8>, _ body: (PlainText) -> Result) -> Result {
    guard !isPlain(text), text.count < Int(UInt32.max) else { return body(PlainText(bytes: PlainBytes(text), offsets: nil)) }
    var (plain, offsets) = ([UInt8](), [UInt32]())
    plain.reserveCapacity(text.count + 16)
    offsets.reserveCapacity(text.count + 16)
    let folding = PlainFolding.shared
    var position = 0
    while position < text.count {
      let byte = text[position]
      if byte < 0x7F, byte >= 0x20 {
        plain.append(byte)
        offsets.append(UInt32(truncatingIfNeeded: position))
        position += 1
        continue
      }
      let (scalar, length) = UTF8Scalar.decode(text, at: position)
      let code = folding.code(scalar)
      if code < PlainFolding.dropped {
        plain.append(UInt8(truncatingIfNeeded: code))
        offsets.append(UInt32(truncatingIfNeeded: position))
      } else if code > PlainFolding.dropped {
        for byte in folding.sequence(code) {
          plain.append(byte)
          offsets.append(UInt32(truncatingIfNeeded: position))
        }
      }
      position += length
    }
    offsets.append(UInt32(truncatingIfNeeded: text.count))
    return plain.withUnsafeBufferPointer { body(PlainText(bytes: PlainBytes($0), offsets: offsets)) }
  }

  /// Whether every byte is printable ASCII, a tab or a line's end.
  static func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    for byte in text where byte >= 0x7F || byte < 0x20 && byte != 0x0A && byte != 0x09 && byte != 0x0D { return false }
    return true
  }
}
