internal import TextFolding

/// What one byte of a plain text can be, as bits.
enum ByteClass {
  static let lower: UInt8 = 1
  static let upper: UInt8 = 2
  static let digit: UInt8 = 4
  /// A letter that is not ASCII's.
  static let other: UInt8 = 8
  static let word: UInt8 = lower | upper | digit | other
  /// A symbol at which a scanner has to look.
  static let trigger: UInt8 = 16
  static let space: UInt8 = 32
  /// A symbol of base64, base64url or their padding.
  static let base64Symbol: UInt8 = 64

  static let table = FrozenArray((0..<256).map { of(UInt8($0)) })

  private static func of(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): lower
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): upper
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit
    case PlainFolding.otherLetter: other
    case UInt8(ascii: " "), 0x09, 0x0A, 0x0D: space
    case UInt8(ascii: "="), UInt8(ascii: "-"): trigger | base64Symbol
    case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "_"): base64Symbol | (byte == UInt8(ascii: "+") ? trigger : 0)
    case UInt8(ascii: "@"), UInt8(ascii: "("), UInt8(ascii: ":"), UInt8(ascii: "<"), UInt8(ascii: "["), UInt8(ascii: "."),
      UInt8(ascii: "!"),
      UInt8(ascii: "?"):
      trigger
    default: 0
    }
  }
}

extension UInt8 {
  @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }
  @inline(__always) var isUpper: Bool { self &- 0x41 < 26 }
  @inline(__always) var isLower: Bool { self &- 0x61 < 26 }
  @inline(__always) var isAlphanumeric: Bool { isDigit || isUpper || isLower }
  /// Letters and digits of any script; 0x80 stands for those that are not ASCII's.
  @inline(__always) var isWord: Bool { isAlphanumeric || self == 0x80 }
  @inline(__always) var isSpace: Bool { self == 0x20 || self == 0x0A || self == 0x09 || self == 0x0D }
  @inline(__always) var lowercased: UInt8 { isUpper ? self | 0x20 : self }
  /// Of "0" to "9".
  @inline(__always) var digitValue: Int { Int(self &- 0x30) }
  var isHexDigit: Bool { isDigit || (self | 0x20) &- 0x61 < 6 }
}
