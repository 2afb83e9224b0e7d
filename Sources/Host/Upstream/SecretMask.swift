/// Blackens the values of a child's own environment variables in what it prints. Values shorter than eight bytes are left alone: they
/// are hardly secrets, and masking "1" or "true" everywhere would make the log useless.
struct SecretMask: Sendable {
  static let minBytes = 8
  /// Of a longer value the beginning is looked for.
  static let maxBytes = 4096
  static let replacement = "[masked]"

  private let values: [String]
  /// Length of the longest value, in bytes.
  let longest: Int

  init(environment: [String: String]) {
    let lines = environment.values.flatMap { $0.split(whereSeparator: \.isNewline) }
    values = Set(lines.map { String(decoding: $0.utf8.prefix(Self.maxBytes), as: UTF8.self) })
      .filter { $0.utf8.count >= Self.minBytes }
      // A value that contains another goes first.
      .sorted { $0.utf8.count > $1.utf8.count }
    longest = values.first?.utf8.count ?? 0
  }

  func masking(_ text: String) -> String {
    values.reduce(text) { text, value in text.contains(value) ? text.replacing(value, with: Self.replacement) : text }
  }
}
