extension TextScan {
  private static let maxNameWords = 4
  private static let maxNameWordBytes = 32

  /// Words with a capital that follow a cue without being a name.
  private static let notNames: Set<String> = [
    "The", "This", "That", "It", "Not", "Required", "Optional", "String", "Sir", "Madam", "Team", "All", "Customer", "Support", "None",
    "Null", "True",
    "False", "Of", "And", "Is", "In", "I", "We", "You", "Assistant", "My", "Please", "Best", "Kind", "A", "An", "What", "Name",
  ]

  /// A person's name after a word that announces one.
  mutating func personName(after word: Word, _ cue: Cue, _ findings: inout Findings) {
    guard findings.wants(.personName), word.range.lowerBound >= nameEnd else { return }
    var position = word.range.upperBound
    let confidence: Double
    switch cue {
    case .honorific:
      guard bytes[word.range.lowerBound].isUpper else { return }
      // "MS DOS" is nobody.
      guard bytes[position] == UInt8(ascii: ".") || word.bits != ByteClass.upper else { return }
      if bytes[position] == UInt8(ascii: ".") { position += 1 }
      confidence = 0.75
    case .name:
      guard let next = afterNameCue(word) else { return }
      position = next
      confidence = 0.7
    case .farewell:
      guard bytes[position] == UInt8(ascii: ",") else { return }
      position += 1
      guard bytes[position] == 0x0A || bytes[position] == 0x0D else { return }
      confidence = 0.65
    default: return
    }
    guard let range = capitalizedWords(from: position) else { return }
    nameEnd = range.upperBound
    report(.personName, "person_name", confidence, range, &findings)
  }

  /// Where the name begins in "my name is …", "full name: …", "name's …".
  private func afterNameCue(_ word: Word) -> Int? {
    var position = word.range.upperBound
    if bytes.has("'s ", at: position) { return isOneOf(["my ", "his ", "her "], before: word.range.lowerBound) ? position + 3 : nil }
    if bytes.has(" is ", at: position) {
      return isOneOf(["my ", "his ", "her ", "full ", "s "], before: word.range.lowerBound) ? position + 4 : nil
    }
    guard bytes[position] == UInt8(ascii: ":"),
      isOneOf(["full ", "first ", "last ", "sur", "patient ", "customer ", "given ", "holder "], before: word.range.lowerBound)
    else { return nil }
    position += 1
    return position
  }

  private func isOneOf(_ words: [StaticString], before position: Int) -> Bool {
    words.contains { word in
      (0..<word.utf8CodeUnitCount).allSatisfy { bytes[position - word.utf8CodeUnitCount + $0].lowercased == word.utf8Start[$0] }
    }
  }

  /// One to four words that begin with a capital, with "de", "van" and the like between them.
  private func capitalizedWords(from start: Int) -> Range<Int>? {
    var position = start
    while position < start + 3, bytes[position].isSpace { position += 1 }
    let first = position
    var (end, words) = (position, 0)
    while words < Self.maxNameWords {
      let wordStart = position
      while position - wordStart < Self.maxNameWordBytes, isNameByte(position) { position += 1 }
      guard position > wordStart else { break }
      let isParticle = words > 0 && bytes[position] == UInt8(ascii: " ") && isParticle(wordStart..<position)
      let isCapital = bytes[wordStart].isUpper || bytes[wordStart] == 0x80
      guard isCapital || isParticle else { break }
      if isCapital {
        guard position - wordStart > 1 || bytes[position] == UInt8(ascii: "."), !isCommon(wordStart..<position) else { break }
        words += 1
        end = position
      }
      if bytes[position] == UInt8(ascii: "."), position - wordStart == 1 { position += 1 }
      guard bytes[position] == UInt8(ascii: " ") else { break }
      position += 1
    }
    return words > 0 ? first..<end : nil
  }

  private static let particles: Set<String> = [
    "de", "da", "do", "dos", "di", "du", "la", "le", "van", "von", "der", "den", "ter", "bin", "ibn", "al", "el", "y",
  ]

  private func isParticle(_ range: Range<Int>) -> Bool {
    range.count < 4 && Self.particles.contains(String(decoding: bytes.slice(range), as: UTF8.self))
  }

  private func isNameByte(_ position: Int) -> Bool {
    let byte = bytes[position]
    if byte.isDigit { return false }
    return byte.isWord || (byte == UInt8(ascii: "-") || byte == UInt8(ascii: "'")) && bytes[position + 1].isWord
  }

  private func isCommon(_ range: Range<Int>) -> Bool {
    range.count < 10 && Self.notNames.contains(String(decoding: bytes.slice(range), as: UTF8.self))
  }
}
