/// Character references of HTML (HTML Living Standard section 13.2.5.72, also XML 1.0 section 4.1), as whoever is shown a page reads them. Numbers, and those
/// names that stand for what words are hidden with: blanks, signs, and characters that are not seen.
enum CharacterReferences {
  /// The text without them; nil when it has none. However often an ampersand was escaped, it is one.
  static func decoded(_ text: UnsafeBufferPointer<UInt8>) -> String? {
    guard let first = text.indices.first(where: { reference(text, at: $0) != nil }) else { return nil }
    var bytes = Array(text[..<first])
    bytes.reserveCapacity(text.count)
    var index = first
    while index < text.count {
      guard let (scalar, end) = reference(text, at: index) else {
        bytes.append(text[index])
        index += 1
        continue
      }
      bytes.append(contentsOf: String(Character(scalar)).utf8)
      index = end
      while scalar == "&", text[index...].starts(with: "amp;".utf8) { index += 4 }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func reference(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> (scalar: Unicode.Scalar, end: Int)? {
    guard text[index] == UInt8(ascii: "&"), index + 2 < text.count else { return nil }
    return text[index + 1] == UInt8(ascii: "#") ? number(text, from: index + 2) : name(text, from: index + 1)
  }

  /// Decimal, or hexadecimal behind an `x`; the semicolon may be missing, as it may in browsers.
  private static func number(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> (scalar: Unicode.Scalar, end: Int)? {
    let isHexadecimal = text[start] | 0x20 == UInt8(ascii: "x")
    let radix: UInt32 = isHexadecimal ? 16 : 10
    let first = isHexadecimal ? start + 1 : start
    var index = first
    var value: UInt32 = 0
    while index < text.count, let digit = digit(text[index]), digit < radix {
      value = min(value * radix + digit, 0x11_0000)
      index += 1
    }
    guard index > first else { return nil }
    let scalar = value == 0 ? "\u{FFFD}" : Unicode.Scalar(value) ?? "\u{FFFD}"
    return (scalar, index < text.count && text[index] == UInt8(ascii: ";") ? index + 1 : index)
  }

  private static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
    default: nil
    }
  }

  private static func name(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> (scalar: Unicode.Scalar, end: Int)? {
    let rest = text[start..<min(text.count, start + longestName + 1)]
    if let semicolon = rest.firstIndex(of: UInt8(ascii: ";")),
      let scalar = names[String(decoding: rest[..<semicolon], as: UTF8.self)]
    {
      return (scalar, semicolon + 1)
    }
    guard let name = namesWithoutSemicolon.first(where: { rest.starts(with: $0.utf8) }), let scalar = names[name] else { return nil }
    let end = start + name.utf8.count
    // A URI's query has members of these names.
    return end < text.count && text[end] == UInt8(ascii: "=") ? nil : (scalar, end)
  }

  /// These HTML knew before it asked for a semicolon.
  private static let namesWithoutSemicolon = ["amp", "lt", "gt", "quot", "nbsp", "shy"]
  private static let longestName = names.keys.map(\.utf8.count).max() ?? 0
  private static let names: [String: Unicode.Scalar] = [
    "amp": "&", "AMP": "&", "lt": "<", "LT": "<", "gt": ">", "GT": ">", "quot": "\"", "QUOT": "\"", "apos": "'",
    "Tab": "\t", "NewLine": "\n", "nbsp": "\u{A0}", "NonBreakingSpace": "\u{A0}", "ensp": "\u{2002}", "emsp": "\u{2003}",
    "emsp13": "\u{2004}",
    "emsp14": "\u{2005}", "numsp": "\u{2007}", "puncsp": "\u{2008}", "thinsp": "\u{2009}", "ThinSpace": "\u{2009}", "hairsp": "\u{200A}",
    "VeryThinSpace": "\u{200A}", "MediumSpace": "\u{205F}", "shy": "\u{AD}", "zwj": "\u{200D}", "zwnj": "\u{200C}", "lrm": "\u{200E}",
    "rlm": "\u{200F}", "ZeroWidthSpace": "\u{200B}", "NegativeThinSpace": "\u{200B}", "NoBreak": "\u{2060}", "InvisibleComma": "\u{2063}",
    "ic": "\u{2063}", "InvisibleTimes": "\u{2062}", "it": "\u{2062}", "ApplyFunction": "\u{2061}", "af": "\u{2061}",
    "excl": "!", "num": "#", "dollar": "$", "percnt": "%", "lpar": "(", "rpar": ")", "ast": "*", "midast": "*", "plus": "+", "comma": ",",
    "period": ".", "sol": "/", "colon": ":", "semi": ";", "equals": "=", "quest": "?", "commat": "@", "lsqb": "[", "lbrack": "[",
    "bsol": "\\", "rsqb": "]", "rbrack": "]", "Hat": "^", "lowbar": "_", "UnderBar": "_", "grave": "`", "lcub": "{", "lbrace": "{",
    "verbar": "|", "vert": "|", "VerticalLine": "|", "rcub": "}", "rbrace": "}", "hyphen": "\u{2010}", "dash": "\u{2010}",
  ]
}
