internal import JSON

/// Which placeholder stands for which value. Kept by the host, as bytes, for the call and for the session.
package struct PlaceholderMap: Sendable {
  /// Of a session; the oldest go first.
  package static let maxEntries = 4_096
  package static let maxStateBytes = 512 << 10
  package static let maxLiterals = 1_024
  private static let maxKinds = 256
  private static let version = 1

  package struct Entry: Sendable {
    package let placeholder: String
    package let value: String
    /// The caller sent the value, and gets it back. What somebody else's text had stays a placeholder.
    package let isRestored: Bool
  }

  /// Values are told apart by their bytes: two spellings of one letter are two values, so that each comes back as it was.
  private struct Value: Hashable {
    let bytes: [UInt8]
    init(_ text: String) { bytes = Array(text.utf8) }
  }

  package private(set) var entries: [Entry] = []
  private var indices: [String: Int] = [:]
  private var placeholders: [Value: String] = [:]
  /// The highest number of each kind so far; it outlives the entries, so that no placeholder gets a second meaning.
  private var numbers: [String: Int] = [:]
  /// Placeholders that the sender wrote as plain text.
  package var literals: Set<String> = []
  /// Of a call: what kind of message was redacted last.
  package var surface = ""

  package init() {}

  /// - Returns: nil when the bytes are none of this release's states.
  package init?(state: [UInt8]) {
    guard !state.isEmpty else { return }
    guard let document = try? RawJSON(validating: state), document["version"]?.intValue == Self.version else { return nil }
    guard let list = document["placeholders"], list.kind == .array else { return nil }
    for entry in list.elements {
      guard let placeholder = entry[0]?.stringValue, let value = entry[1]?.stringValue else { return nil }
      add(placeholder, value, isRestored: entry[2]?.boolValue ?? true)
    }
    literals = Set((document["literals"].map { Array($0.elements) } ?? []).compactMap(\.stringValue))
    surface = document["surface"]?.stringValue ?? ""
    for (kind, number) in document["numbers"]?.members.map({ ($0.key.stringValue, $0.value.intValue) }) ?? [] {
      guard let kind, let number, number >= 0, number <= PlaceholderText.maxNumber else { return nil }
      numbers[kind] = max(numbers[kind] ?? 0, number)
    }
  }

  package var isEmpty: Bool { entries.isEmpty }
  package func placeholder(for value: String) -> String? { placeholders[Value(value)] }

  /// What is put back in the place of a placeholder.
  package func value(of placeholder: String) -> String? {
    guard let index = indices[placeholder], entries[index].isRestored else { return nil }
    return entries[index].value
  }

  /// - Returns: whether that changed anything. A value that somebody else's text had is restored from when the caller sends it, too.
  @discardableResult
  package mutating func add(_ placeholder: String, _ value: String, isRestored: Bool = true) -> Bool {
    if let index = indices[placeholder] {
      guard isRestored, !entries[index].isRestored, Value(entries[index].value) == Value(value) else { return false }
      entries[index] = Entry(placeholder: placeholder, value: value, isRestored: true)
      return true
    }
    indices[placeholder] = entries.count
    entries.append(Entry(placeholder: placeholder, value: value, isRestored: isRestored))
    note(placeholder)
    let value = Value(value)
    if placeholders[value] == nil { placeholders[value] = placeholder }
    return true
  }

  private mutating func note(_ placeholder: String) {
    let (kind, number) = PlaceholderText.parts(of: placeholder)
    numbers[kind] = max(numbers[kind] ?? 0, number)
  }

  /// The placeholder of a value: the one that it has, or a new one, which stands for nothing else and is nobody's plain text.
  /// - Parameter literals: placeholders that the texts have in which it will stand. In the caller's own texts they are plain text, so none of them can
  ///   stand for a value there; in a server's they are mostly what the caller's values became.
  package mutating func number(
    _ value: String, kind: String, literals: Set<String>, isRestored: Bool = true
  ) -> (text: String, isChanged: Bool) {
    let known = placeholder(for: value).flatMap { isRestored && literals.contains($0) ? nil : $0 }
    let text = known ?? free(kind: kind, literals: literals)
    return (text, add(text, value, isRestored: isRestored))
  }

  private func free(kind: String, literals: Set<String>) -> String {
    var number = numbers[kind] ?? 0
    while true {
      number += 1
      let candidate = "<\(kind)_\(number)>"
      if indices[candidate] == nil, !literals.contains(candidate), !self.literals.contains(candidate) { return candidate }
    }
  }

  /// Takes over what another map has.
  package mutating func merge(_ other: PlaceholderMap) {
    for entry in other.entries { add(entry.placeholder, entry.value, isRestored: entry.isRestored) }
    for (kind, number) in other.numbers { numbers[kind] = max(numbers[kind] ?? 0, number) }
    literals.formUnion(other.literals)
  }

  /// As bytes for the host.
  package var state: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("version", Self.version)
      writer.key("placeholders")
      writer.array { writer in
        for entry in entries {
          writer.array { writer in
            writer.string(entry.placeholder)
            writer.string(entry.value)
            if !entry.isRestored { writer.bool(false) }
          }
        }
      }
      writer.key("literals")
      writer.array { writer in for literal in literals.sorted() { writer.string(literal) } }
      if !surface.isEmpty { writer.member("surface", surface) }
      writer.key("numbers")
      writer.object { writer in
        for (kind, number) in numbers.sorted(by: { $0.key < $1.key }).prefix(Self.maxKinds) {
          writer.key(kind)
          writer.int(number)
        }
      }
    }
    return writer.bytes
  }

  /// Without the oldest entries, where there are too many or they are too large to be kept for a session.
  package var bounded: PlaceholderMap {
    var size = 0
    let kept = entries.reversed().prefix(Self.maxEntries).prefix {
      size += $0.placeholder.utf8.count + $0.value.utf8.count + 16
      return size <= Self.maxStateBytes
    }
    guard kept.count < entries.count || literals.count > Self.maxLiterals else { return self }
    var map = PlaceholderMap()
    for entry in kept.reversed() { map.add(entry.placeholder, entry.value, isRestored: entry.isRestored) }
    map.numbers = numbers
    map.literals = Set(literals.prefix(Self.maxLiterals))
    return map
  }
}

extension PlaceholderMap {
  /// Of the placeholders in a message of the caller those that are plain text. When the same message is looked at once more, because what its escapes hid was
  /// replaced first, the placeholders of the first look are none.
  package func literals(among found: Set<String>, on surface: String) -> Set<String> {
    guard surface == self.surface else { return found }
    return found.filter { literals.contains($0) || indices[$0] == nil }
  }

  /// A text with the caller's own values in the place of their placeholders; nil when there are none.
  /// - Parameter call: what the call sent; a placeholder that the caller wrote as plain text stays what it is.
  package static func restore(_ text: String, call: PlaceholderMap, session: PlaceholderMap) -> String? {
    var isChanged = false
    let restored = PlaceholderText.exchange(in: text) { placeholder in
      guard !call.literals.contains(placeholder) else { return nil }
      guard let value = call.value(of: placeholder) ?? session.value(of: placeholder) else { return nil }
      isChanged = true
      return value
    }
    return isChanged ? restored : nil
  }
}
