internal import Placeholders
internal import PluginSDK

/// Hides placeholders that somebody wrote as plain text while a service puts in its own: each becomes a number between rare brackets.
struct LiteralCover: Sendable {
  private let literals: [String]
  private let numbers: [String: Int]
  private let open: [UInt8]
  private let close: [UInt8]

  /// Three bytes each. A pair is used of which no text has either.
  private static let pairs: [(open: Unicode.Scalar, close: Unicode.Scalar)] = [
    ("\u{2045}", "\u{2046}"), ("\u{27E6}", "\u{27E7}"), ("\u{2983}", "\u{2984}"), ("\u{29FC}", "\u{29FD}"),
  ]

  /// - Throws: `PluginError.invalid` when texts use all of these brackets.
  init(_ literals: Set<String>, _ texts: [String]) throws {
    self.literals = literals.sorted()
    numbers = Dictionary(zip(self.literals, self.literals.indices)) { first, _ in first }
    let unused = Self.pairs.first { pair in !texts.contains { $0.unicodeScalars.contains { $0 == pair.open || $0 == pair.close } } }
    guard let pair = literals.isEmpty ? Self.pairs[0] : unused else {
      throw PluginError.invalid("a text has placeholders and every kind of rare bracket: they cannot be told apart")
    }
    (open, close) = (Array(String(pair.open).utf8), Array(String(pair.close).utf8))
  }

  func hide(_ text: String) -> String {
    guard !literals.isEmpty else { return text }
    return PlaceholderText.exchange(in: text) { literal in
      numbers[literal].map { String(decoding: open + Array(String($0).utf8) + close, as: UTF8.self) }
    }
  }

  func show(_ text: String) -> String {
    guard !literals.isEmpty else { return text }
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == open[0], let (number, end) = number(in: bytes, at: index) {
        result.append(contentsOf: literals[number].utf8)
        index = end
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The number between brackets that begin at `start`, and the place behind them.
  private func number(in bytes: [UInt8], at start: Int) -> (Int, Int)? {
    guard bytes[start...].starts(with: open) else { return nil }
    let digits = bytes[(start + open.count)...].prefix(10).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let number = Int(String(decoding: digits, as: UTF8.self)), literals.indices.contains(number) else { return nil }
    guard bytes[digits.endIndex...].starts(with: close) else { return nil }
    return (number, digits.endIndex + close.count)
  }
}
