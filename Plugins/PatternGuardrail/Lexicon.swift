internal import TextFolding

/// Every word that a rule or a scanner knows, by a hash of its lower-case letters.
///
/// Texts contain millions of words and few of these: a lookup is one probe of a table in nearly every case. A word whose hash collides by
/// accident is taken for the known one; with 64 bits nobody will see that.
final class Lexicon: Sendable {
  static let shared = Lexicon(PhraseRule.all, cues: Cue.words)

  /// One element of a rule: where a word may stand.
  struct Step: Sendable {
    var rule: UInt16
    var isFirst: Bool
    var isLast: Bool
    /// Other words that may stand before the element that follows.
    var gapAfter: UInt8
  }

  struct Entry: Sendable {
    /// Elements where the word may stand; of one rule the later ones first, so that no word counts twice.
    var steps: [UInt16] = []
    var cue: Cue?
  }

  let rules: [PhraseRule]
  let steps: [Step]
  private let entries: [Entry]
  private let words: WordTable
  /// The long words of rules, each with one of its inner letters left out in every way.
  private let shortened: WordTable
  /// The first and last letters of those words.
  private let edges: FrozenArray<Bool>

  init(_ rules: [PhraseRule], cues: [(String, Cue)]) {
    self.rules = rules
    var steps: [Step] = []
    var entries: [Entry] = []
    var index: [UInt64: Int] = [:]
    var shortened: [UInt64: Int] = [:]
    var edges = [Bool](repeating: false, count: 1024)
    func entry(_ word: Substring) -> Int {
      let hash = WordHash.of(word.utf8)
      if let known = index[hash] { return known }
      index[hash] = entries.count
      entries.append(Entry())
      return entries.count - 1
    }
    for (number, rule) in rules.enumerated() {
      let elements = Self.elements(rule.pattern)
      for (position, element) in elements.enumerated() {
        let step = UInt16(steps.count)
        let isLast = position == elements.count - 1
        steps.append(
          Step(rule: UInt16(number), isFirst: position == 0, isLast: isLast, gapAfter: isLast ? 0 : elements[position + 1].gapBefore))
        for word in element.words {
          let number = entry(word)
          entries[number].steps.append(step)
          guard Self.misspelledBytes.contains(word.utf8.count) else { continue }
          edges[Self.edge(word.utf8.first ?? 0, word.utf8.last ?? 0)] = true
          for hash in Self.shortened(Array(word.utf8)) { shortened[hash] = number }
        }
      }
    }
    for (word, cue) in cues { entries[entry(word[...])].cue = cue }
    for number in entries.indices { entries[number].steps.sort(by: >) }
    self.steps = steps
    self.entries = entries
    words = WordTable(index)
    self.shortened = WordTable(shortened)
    self.edges = FrozenArray(edges)
  }

  private struct Element {
    var gapBefore: UInt8
    var words: [Substring]
  }

  private static func elements(_ pattern: StaticString) -> [Element] {
    var gap: UInt8 = 0
    return pattern.description.split(separator: " ").compactMap { part -> Element? in
      if let number = UInt8(part) {
        gap = number
        return nil
      }
      defer { gap = 0 }
      let words = part.split(separator: "|").flatMap { word -> [Substring] in
        guard let list = PhraseVocabulary.lists[String(word)] else { return [word] }
        return list.split { $0 == " " || $0 == "\n" }
      }
      return Element(gapBefore: gap, words: words)
    }
  }

  /// The entry of a word; nil for one that nobody asks about.
  @inline(__always)
  func entry(_ hash: UInt64) -> Int? { words[hash] }

  /// Words of rules that are long enough to be known with a wrong letter in them.
  static let misspelledBytes = 8...16

  /// The entry of a long word in which an inner letter is missing, too many or wrong, or two have changed places; nil for others. Readers
  /// pass over such slips while the first and the last letter are right.
  func misspelledEntry(_ bytes: PlainBytes, _ range: Range<Int>) -> Int? {
    guard range.count >= Self.misspelledBytes.lowerBound - 1, range.count <= Self.misspelledBytes.upperBound + 1 else { return nil }
    guard edges[Self.edge(bytes[range.lowerBound], bytes[range.upperBound - 1])] else { return nil }
    if let entry = shortened[WordHash.finish(Self.hash(bytes, range, without: -1))] { return entry }
    for left in range.dropFirst().dropLast() {
      let hash = WordHash.finish(Self.hash(bytes, range, without: left))
      if let entry = words[hash], !entries[entry].steps.isEmpty { return entry }
      if let entry = shortened[hash] { return entry }
    }
    return nil
  }

  @inline(__always)
  private static func edge(_ first: UInt8, _ last: UInt8) -> Int { Int(first & 31) << 5 | Int(last & 31) }

  @inline(__always)
  private static func hash(_ bytes: PlainBytes, _ range: Range<Int>, without left: Int) -> UInt64 {
    var hash = WordHash.empty
    for index in range where index != left { hash = WordHash.add(bytes[index].lowercased, to: hash) }
    return hash
  }

  private static func shortened(_ word: [UInt8]) -> [UInt64] {
    word.indices.dropFirst().dropLast().map { left in WordHash.of(word.indices.filter { $0 != left }.map { word[$0] }) }
  }

  func steps(of entry: Int) -> [UInt16] { entries[entry].steps }
  func cue(of entry: Int) -> Cue? { entries[entry].cue }
}

/// A hash table whose keys are hashes already.
private struct WordTable {
  private let keys: FrozenArray<UInt64>
  private let values: FrozenArray<UInt16>
  private let mask: Int

  init(_ index: [UInt64: Int]) {
    var size = 64
    while size < index.count * 4 { size *= 2 }
    var (keys, values) = ([UInt64](repeating: 0, count: size), [UInt16](repeating: 0, count: size))
    for (hash, entry) in index {
      var slot = Int(truncatingIfNeeded: hash) & (size - 1)
      while keys[slot] != 0 { slot = (slot + 1) & (size - 1) }
      keys[slot] = hash
      values[slot] = UInt16(entry)
    }
    (self.keys, self.values, mask) = (FrozenArray(keys), FrozenArray(values), size - 1)
  }

  @inline(__always)
  subscript(hash: UInt64) -> Int? {
    var slot = Int(truncatingIfNeeded: hash) & mask
    while keys[slot] != 0 {
      if keys[slot] == hash { return Int(values[slot]) }
      slot = (slot + 1) & mask
    }
    return nil
  }
}

/// FNV-1a over lower-case bytes, finished so that its low bits are well mixed. Never 0.
enum WordHash {
  static let empty: UInt64 = 0xCBF2_9CE4_8422_2325

  @inline(__always)
  static func add(_ byte: UInt8, to hash: UInt64) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }

  @inline(__always)
  static func finish(_ hash: UInt64) -> UInt64 { (hash ^ hash >> 32) | 1 }

  static func of(_ bytes: some Sequence<UInt8>) -> UInt64 { finish(bytes.reduce(empty) { add($1.lowercased, to: $0) }) }
}
