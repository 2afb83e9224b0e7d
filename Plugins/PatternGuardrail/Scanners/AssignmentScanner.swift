extension TextScan {
  private static let maxNameBytes = 48
  private static let maxValueBytes = 256
  private static let minValueBytes = 8

  private static let names: [StaticString] = [
    "password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "api-key", "accesskey", "access_key", "access-key",
    "privatekey",
    "private_key", "credential", "pwd", "passwort", "contrasena", "accountkey", "authkey", "auth_key", "encryption_key", "connectionstring",
  ]

  /// What a name ends with that only speaks of a secret: "token_type".
  private static let otherEndings: [StaticString] = [
    "type", "url", "uri", "endpoint", "name", "length", "count", "limit", "tokens", "secrets", "passwords", "expiry", "expires", "at", "in",
    "path",
    "file",
  ]

  /// A value after "=" or ":" whose name says that it is secret.
  mutating func assignment(at position: Int, _ findings: inout Findings) {
    guard position >= valueEnd, findings.wants(.assignedSecret) || findings.wants(.cloudKey) else { return }
    let name = assignedName(before: position)
    guard !name.isEmpty, Self.names.contains(where: name.contains), !Self.otherEndings.contains(where: { name.hasSuffix($0) }) else {
      return
    }
    var start = position + 1
    while [UInt8(ascii: "="), UInt8(ascii: ">"), UInt8(ascii: ":")].contains(bytes[start]) { start += 1 }
    value(from: start, name, &findings)
  }

  /// A value after "is" or "was" when the word before says that it is secret: "the password is …".
  mutating func toldSecret(after verb: Word, _ findings: inout Findings) {
    guard findings.wants(.assignedSecret), verb.range.upperBound >= valueEnd, verb.range.lowerBound == previousWord.upperBound + 1 else {
      return
    }
    let name = previousWord.prefix(Self.maxNameBytes).map { bytes[$0].lowercased }
    guard (["password", "passphrase", "passwd", "passwort", "token", "secret", "key"] as [StaticString]).contains(where: name.contains)
    else { return }
    var start = verb.range.upperBound
    if bytes[start] == UInt8(ascii: ":") { start += 1 }
    value(from: start, name, &findings)
  }

  /// The identifier before an operator, in small letters, without quotes.
  private func assignedName(before position: Int) -> [UInt8] {
    var end = position
    while end > position - 4, [0x20, UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: ":"), UInt8(ascii: "*")].contains(bytes[end - 1]) {
      end -= 1
    }
    var start = end
    while start > end - Self.maxNameBytes, isNameByte(bytes[start - 1]) { start -= 1 }
    return (start..<end).map { bytes[$0].lowercased }
  }

  private func isNameByte(_ byte: UInt8) -> Bool {
    byte.isWord || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
  }

  private mutating func value(from position: Int, _ name: [UInt8], _ findings: inout Findings) {
    var start = position
    while start < position + 3, bytes[start] == 0x20 || bytes[start] == 0x2A { start += 1 }
    if isQuote(bytes[start]) { start += 1 }
    var end = start
    while end - start <= Self.maxValueBytes, isValueByte(bytes[end]), !isNextPair(end) { end += 1 }
    valueEnd = end
    while end > start, [UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ")")].contains(bytes[end - 1]) { end -= 1 }
    secret(start..<end, name, &findings)
  }

  private func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") }

  private func isValueByte(_ byte: UInt8) -> Bool {
    byte > 0x20 && !isQuote(byte) && byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "<")
  }

  /// "&" before the next name of a query.
  private func isNextPair(_ position: Int) -> Bool {
    guard bytes[position] == UInt8(ascii: "&") else { return false }
    var end = position + 1
    while end - position < Self.maxNameBytes, isNameByte(bytes[end]) { end += 1 }
    return end > position + 1 && bytes[end] == UInt8(ascii: "=")
  }

  /// The value of a member whose name says that it is secret, when it is the whole text.
  mutating func wholeValue(_ findings: inout Findings) {
    guard !field.isEmpty, place.encoding == .none, !place.isMemberName else { return }
    if isOneValue, valueEnd < bytes.count, Self.names.contains(where: field.contains) { secret(0..<bytes.count, field.bytes, &findings) }
    wholeName(&findings)
  }

  private var isOneValue: Bool {
    (Self.minValueBytes...Self.maxValueBytes).contains(bytes.count) && (0..<bytes.count).allSatisfy { isValueByte(bytes[$0]) }
  }

  /// The value of a member such as "full_name".
  private func wholeName(_ findings: inout Findings) {
    let names: [StaticString] = [
      "full_name", "fullname", "first_name", "firstname", "last_name", "lastname", "surname", "given_name", "family_name", "customer_name",
      "patient_name", "employee_name", "contact_name",
    ]
    guard findings.wants(.personName), nameEnd == 0, (2...64).contains(bytes.count), bytes[0].isUpper else { return }
    guard (0..<bytes.count).allSatisfy({ isNameLike(bytes[$0]) }), names.contains(where: field.contains) else { return }
    report(.personName, "person_name", 0.7, 0..<bytes.count, &findings)
  }

  private func isNameLike(_ byte: UInt8) -> Bool {
    !byte.isDigit && byte.isWord || [0x20, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "'")].contains(byte)
  }

  private func secret(_ range: Range<Int>, _ name: [UInt8], _ findings: inout Findings) {
    guard (Self.minValueBytes...Self.maxValueBytes).contains(range.count), !isKnownKind(range) else { return }
    if name.contains("accountkey") || name.contains("sharedaccesskey"), range.count >= 44, bytes[range.upperBound - 1] == UInt8(ascii: "=")
    {
      return report(.cloudKey, "azure_storage_key", 0.95, range, &findings)
    }
    if range.count == 40, name.contains("secret"), range.allSatisfy({ Base64.value(bytes[$0]) != nil }), Entropy.isRandom(bytes, range) {
      return report(.cloudKey, "aws_secret_access_key", name.contains("aws") || name.contains("access_key") ? 0.95 : 0.85, range, &findings)
    }
    guard let confidence = strength(range) else { return }
    report(.assignedSecret, "assigned_secret", confidence, range, &findings)
  }

  /// What another scanner will tell more about.
  private func isKnownKind(_ range: Range<Int>) -> Bool {
    let start = range.lowerBound
    if vendorToken(at: start) != nil { return true }
    var wordEnd = start
    while wordEnd < range.upperBound, bytes[wordEnd].isWord { wordEnd += 1 }
    return structuredKey(at: start, wordEnd: wordEnd) != nil || bytes.has("-----BEGIN ", at: start)
  }

  /// How much a value looks like a secret; nil for a word, a type, a reference or an example.
  private func strength(_ range: Range<Int>) -> Double? {
    var (lower, upper, digits, symbols, references) = (0, 0, 0, 0, 0)
    for index in range {
      let byte = bytes[index]
      if byte.isDigit { digits += 1 } else if byte.isLower { lower += 1 } else if byte.isUpper { upper += 1 } else { symbols += 1 }
      if [UInt8(ascii: "$"), UInt8(ascii: "{"), UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "}"), UInt8(ascii: "/")].contains(byte) {
        references += 1
      }
    }
    guard references < 2, digits > 0 || symbols > 0, lower + upper > 0, lower + upper + symbols > 0 else { return nil }
    let kinds = (lower > 0 ? 1 : 0) + (upper > 0 ? 1 : 0) + (digits > 0 ? 1 : 0) + (symbols > 0 ? 1 : 0)
    let entropy = Entropy.bits(bytes, range)
    if range.count >= 16, digits > 1, entropy >= 3.3 { return kinds > 2 || entropy >= 3.6 ? 0.85 : 0.75 }
    if digits > 0, kinds >= 3, entropy >= 2.7 { return 0.75 }
    return digits > 1 && kinds == 2 && symbols == 0 && entropy >= 2.8 ? 0.6 : nil
  }
}
