extension TextScan {
  /// An IBAN (ISO 13616) that begins at `start` with two capital letters and a digit.
  mutating func iban(at start: Int, _ findings: inout Findings) {
    guard findings.wants(.iban), !isInsideWord(start), bytes[start + 3].isDigit else { return }
    guard let length = IBAN.length(bytes[start], bytes[start + 1]) else { return }
    var characters: [UInt8] = []
    var position = start
    while characters.count < length {
      let byte = bytes[position]
      if byte.isDigit || byte.isUpper {
        characters.append(byte)
      } else if !(byte == UInt8(ascii: " ") || byte == UInt8(ascii: "-")) || !bytes[position + 1].isAlphanumeric {
        return
      }
      position += 1
    }
    guard !bytes[position].isWord, IBAN.isValid(characters) else { return }
    numberEnd = position
    tokenEnd = max(tokenEnd, position)
    report(.iban, "iban", 0.95, start..<position, &findings)
  }
}

/// International bank account numbers: how long a country's are, and the check digits.
enum IBAN {
  private static let lengths: [String: Int] = [
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28, "CH": 21,
    "CR": 22,
    "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27,
    "GB": 22,
    "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27,
    "JO": 30,
    "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20,
    "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24,
    "RS": 22,
    "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24,
    "TR": 26,
    "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
  ]

  static func length(_ first: UInt8, _ second: UInt8) -> Int? { lengths[String(decoding: [first, second], as: UTF8.self)] }

  /// ISO 7064 MOD 97-10 over the characters, the first four moved to the end.
  static func isValid(_ characters: [UInt8]) -> Bool {
    let remainder = (characters.dropFirst(4) + characters.prefix(4)).reduce(0) { remainder, byte in
      byte.isDigit ? (remainder * 10 + byte.digitValue) % 97 : (remainder * 100 + Int(byte) - 55) % 97
    }
    return remainder == 1
  }
}
