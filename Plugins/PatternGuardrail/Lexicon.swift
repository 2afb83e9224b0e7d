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
  private let keys: FrozenArray<UInt64>
  private let values: FrozenArray<UInt16>
  private let mask: Int

  init(_ rules: [PhraseRule], cues: [(String, Cue)]) {
    self.rules = rules
    var steps: [Step] = []
    var entries: [Entry] = []
    var index: [UInt64: Int] = [:]
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
        for word in element.words { entries[entry(word)].steps.append(step) }
      }
    }
    for (word, cue) in cues { entries[entry(word[...])].cue = cue }
    for number in entries.indices { entries[number].steps.sort(by: >) }
    self.steps = steps
    self.entries = entries
    (keys, values, mask) = Self.table(index)
  }

  private static func table(_ index: [UInt64: Int]) -> (FrozenArray<UInt64>, FrozenArray<UInt16>, Int) {
    var size = 64
    while size < index.count * 4 { size *= 2 }
    var (keys, values) = ([UInt64](repeating: 0, count: size), [UInt16](repeating: 0, count: size))
    for (hash, entry) in index {
      var slot = Int(truncatingIfNeeded: hash) & (size - 1)
      while keys[slot] != 0 { slot = (slot + 1) & (size - 1) }
      keys[slot] = hash
      values[slot] = UInt16(entry)
    }
    return (FrozenArray(keys), FrozenArray(values), size - 1)
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
  func entry(_ hash: UInt64) -> Int? {
    var slot = Int(truncatingIfNeeded: hash) & mask
    while keys[slot] != 0 {
      if keys[slot] == hash { return Int(values[slot]) }
      slot = (slot + 1) & mask
    }
    return nil
  }

  func steps(of entry: Int) -> [UInt16] { entries[entry].steps }
  func cue(of entry: Int) -> Cue? { entries[entry].cue }
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
