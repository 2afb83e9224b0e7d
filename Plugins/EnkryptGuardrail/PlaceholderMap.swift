internal import JSON

/// Which placeholder stands for which value. Kept by the host, as bytes, for the call and for the session.
struct PlaceholderMap: Sendable {
  /// Of a session; the oldest go first.
  static let maxEntries = 4_096
  static let maxStateBytes = 512 << 10
  static let maxLiterals = 1_024
  private static let version = 1

  private(set) var entries: [(placeholder: String, value: String)] = []
  private var values: [String: String] = [:]
  private var placeholders: [String: String] = [:]
  /// The highest number of each kind so far.
  private var numbers: [String: Int] = [:]
  /// Placeholders that the sender wrote as plain text.
  var literals: Set<String> = []

  init() {}

  /// - Returns: nil when the bytes are none of this release's states.
  init?(state: [UInt8]) {
    guard !state.isEmpty else { return }
    guard let document = try? RawJSON(validating: state), document["version"]?.intValue == Self.version else { return nil }
    guard let list = document["placeholders"], list.kind == .array else { return nil }
    for entry in list.elements {
      guard let placeholder = entry[0]?.stringValue, let value = entry[1]?.stringValue else { return nil }
      add(placeholder, value)
    }
    literals = Set((document["literals"].map { Array($0.elements) } ?? []).compactMap(\.stringValue))
  }

  var isEmpty: Bool { entries.isEmpty }
  func value(of placeholder: String) -> String? { values[placeholder] }
  func placeholder(for value: String) -> String? { placeholders[value] }

  mutating func add(_ placeholder: String, _ value: String) {
    guard values[placeholder] == nil else { return }
    entries.append((placeholder, value))
    values[placeholder] = value
    let (kind, number) = PlaceholderText.parts(of: placeholder)
    numbers[kind] = max(numbers[kind] ?? 0, number)
    if placeholders[value] == nil { placeholders[value] = placeholder }
  }

  /// A new placeholder of this kind: one that stands for nothing and is nobody's plain text.
  func free(kind: String, literals: Set<String>) -> String {
    var number = numbers[kind] ?? 0
    while true {
      number += 1
      let candidate = "<\(kind)_\(number)>"
      if !literals.contains(candidate), !self.literals.contains(candidate) { return candidate }
    }
  }

  /// As bytes for the host.
  var state: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("version", Self.version)
      writer.key("placeholders")
      writer.array { writer in
        for entry in entries {
          writer.array { writer in
            writer.string(entry.placeholder)
            writer.string(entry.value)
          }
        }
      }
      writer.key("literals")
      writer.array { writer in for literal in literals.sorted() { writer.string(literal) } }
    }
    return writer.bytes
  }

  /// Without the oldest entries, where there are too many or they are too large to be kept for a session.
  var bounded: PlaceholderMap {
    var size = 0
    let kept = entries.reversed().prefix(Self.maxEntries).prefix {
      size += $0.placeholder.utf8.count + $0.value.utf8.count + 16
      return size <= Self.maxStateBytes
    }
    var map = PlaceholderMap()
    for entry in kept.reversed() { map.add(entry.placeholder, entry.value) }
    map.literals = Set(literals.prefix(Self.maxLiterals))
    return map
  }
}
