/// Finds and exchanges placeholders such as `<EMAIL_ADDRESS_0>` in a text.
package enum PlaceholderText {
  /// Longer ones are ordinary text.
  package static let maxBytes = 64
  /// Larger numbers count as 0.
  static let maxNumber = 1_000_000_000

  /// Every placeholder of the text, each once, in order.
  package static func placeholders(in text: String) -> [String] {
    var found: [String] = []
    var seen: Set<String> = []
    scan(text) { piece, isPlaceholder in
      guard isPlaceholder else { return }
      let placeholder = String(decoding: piece, as: UTF8.self)
      if seen.insert(placeholder).inserted { found.append(placeholder) }
    }
    return found
  }

  /// The text with other words for placeholders; those without another word stay. What was put in is not looked at again.
  package static func exchange(in text: String, _ other: (String) -> String?) -> String {
    guard text.utf8.contains(UInt8(ascii: "<")) else { return text }
    var result: [UInt8] = []
    scan(text) { piece, isPlaceholder in
      if isPlaceholder, let word = other(String(decoding: piece, as: UTF8.self)) {
        result.append(contentsOf: word.utf8)
      } else {
        result.append(contentsOf: piece)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// `EMAIL_ADDRESS` and 0 of `<EMAIL_ADDRESS_0>`.
  package static func parts(of placeholder: String) -> (kind: String, number: Int) {
    let name = placeholder.dropFirst().dropLast()
    guard let end = name.lastIndex(of: "_") else { return (String(name), 0) }
    let number = Int(name[name.index(after: end)...]) ?? 0
    return (String(name[..<end]), number <= maxNumber ? number : 0)
  }

  private static func scan(_ text: String, _ visit: (ArraySlice<UInt8>, Bool) -> Void) {
    let bytes = Array(text.utf8)
    var (start, index) = (0, 0)
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "<"), let end = end(of: bytes, from: index) else {
        index += 1
        continue
      }
      if start < index { visit(bytes[start..<index], false) }
      visit(bytes[index..<end], true)
      (start, index) = (end, end)
    }
    if start < bytes.count { visit(bytes[start...], false) }
  }

  /// Behind the placeholder that begins at `start`: a capital letter, then capital letters, digits and `_`, at last `_` and digits.
  private static func end(of bytes: [UInt8], from start: Int) -> Int? {
    var index = start + 1
    var lastUnderscore: Int?
    while index < bytes.count, index - start < maxBytes {
      switch bytes[index] {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): break
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        guard index > start + 1 else { return nil }
        if bytes[index] == UInt8(ascii: "_") { lastUnderscore = index }
      case UInt8(ascii: ">"):
        guard let lastUnderscore, lastUnderscore + 1 < index else { return nil }
        let number = bytes[(lastUnderscore + 1)..<index]
        return number.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? index + 1 : nil
      default: return nil
      }
      index += 1
    }
    return nil
  }
}
