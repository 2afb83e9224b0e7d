internal import JSON
internal import PluginSDK

/// One value to take out of a text.
struct Redaction: Sendable {
  var segment: Int
  /// Bytes of the segment's text.
  var range: Range<Int>
  var detector: Detector
  /// The value as scanners read it, by which equal values get the same number.
  var value: [UInt8]
}

/// Numbers values, so that the same value has the same placeholder in the arguments of a call and in its result.
struct Placeholders {
  /// More values, or longer ones, are numbered in each message anew.
  static let maxKeptBytes = 256 * 1024

  private struct Key: Hashable {
    var word: String
    var value: [UInt8]
  }
  private var numbers: [Key: Int] = [:]
  private var order: [Key] = []
  private var last: [String: Int] = [:]

  init() {}

  /// - Parameter state: what `state` gave in the input phase. What it does not understand counts as nothing: numbers then begin anew.
  init(state: [UInt8]) {
    guard !state.isEmpty, let document = Self.document(state) else { return }
    for entry in document.elements {
      guard let word = entry[0]?.stringValue, let value = entry[1]?.decodedUTF8 else { continue }
      _ = number(Key(word: word, value: value))
    }
  }

  private static func document(_ state: [UInt8]) -> RawJSON? {
    do { return try RawJSON(validating: state) } catch { return nil }
  }

  /// What stands in place of a value.
  mutating func text(for redaction: Redaction) -> String {
    let word = redaction.detector.placeholder
    return "<\(word)_\(number(Key(word: word, value: redaction.value)))>"
  }

  private mutating func number(_ key: Key) -> Int {
    if let number = numbers[key] { return number }
    let number = (last[key.word] ?? 0) + 1
    last[key.word] = number
    numbers[key] = number
    order.append(key)
    return number
  }

  /// The values in the order of their numbers, for the output phase of the same call; empty when there are none or too many.
  var state: [UInt8] {
    guard !order.isEmpty, order.reduce(0, { $0 + $1.value.count + 16 }) <= Self.maxKeptBytes else { return [] }
    var writer = JSONWriter()
    writer.array { writer in
      for key in order {
        writer.array {
          $0.string(key.word)
          $0.string(String(decoding: key.value, as: UTF8.self))
        }
      }
    }
    return writer.bytes
  }

  /// A text with its values replaced; where two overlap, both go together.
  mutating func replace(_ redactions: [Redaction], in text: [UInt8]) -> String {
    var result: [UInt8] = []
    var position = 0
    for redaction in redactions.sorted(by: { ($0.range.lowerBound, -$0.range.upperBound) < ($1.range.lowerBound, -$1.range.upperBound) }) {
      let range = redaction.range.clamped(to: 0..<text.count)
      guard range.lowerBound >= position else {
        position = max(position, range.upperBound)
        continue
      }
      result += text[position..<range.lowerBound]
      result += Array(self.text(for: redaction).utf8)
      position = range.upperBound
    }
    result += text[position...]
    return String(decoding: result, as: UTF8.self)
  }
}
