/// Base64 as clients read it, in whichever of the forms of RFC 4648 and RFC 2045: both alphabets, with and without padding, with line breaks, whatever the
/// last bits are.
enum LenientBase64 {
  private static let none: UInt8 = 255
  private static let blank: UInt8 = 254
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: none, count: 256)
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, digit) in digits.utf8.enumerated() { values[Int(digit)] = UInt8(value) }
    for (digit, value) in [("-", 62), ("_", 63)] as [(Unicode.Scalar, UInt8)] { values[Int(digit.value)] = value }
    for space in " \t\r\n=".utf8 { values[Int(space)] = blank }
    return values
  }()

  /// - Parameter limitBytes: no more than so many are decoded, but all of the text is looked at.
  /// - Returns: nil when something of the text is no base64.
  static func decode(_ text: [UInt8], limitBytes: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(text.count / 4 * 3 + 3, limitBytes))
    var bits: UInt32 = 0
    var bitCount: UInt32 = 0
    for digit in text {
      let value = values[Int(digit)]
      guard value < 64 else {
        guard value == blank else { return nil }
        continue
      }
      guard bytes.count < limitBytes else { continue }
      bits = bits << 6 | UInt32(value)
      bitCount += 6
      guard bitCount >= 8 else { continue }
      bitCount -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
      bits &= 1 << bitCount - 1
    }
    return bytes
  }
}
