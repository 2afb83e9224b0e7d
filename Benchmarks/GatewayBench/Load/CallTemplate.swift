/// A request whose message is another one each time, so that no answer can come from a cache or belong to another call.
struct CallTemplate: Sendable {
  /// Head and body.
  let request: [UInt8]
  /// Where the message stands in `request`.
  let message: Range<Int>
  /// What stands before the message in a right answer, and nowhere else.
  let answerPrefix: StaticString
  /// Of a number in the message that each call replaces.
  static let counterDigits = 14

  init(request: [UInt8], message: Range<Int>, answerPrefix: StaticString) {
    self.request = request
    self.message = message
    self.answerPrefix = answerPrefix
  }

  /// - Parameters:
  ///   - head: request line and headers, without content-length.
  ///   - body: the JSON text around the message.
  init(head: String, body: (before: String, after: String), messageBytes: Int, answerPrefix: StaticString) {
    let text = Self.text(bytes: messageBytes)
    let body = [Array(body.before.utf8), text, Array(body.after.utf8)]
    let start = Array("\(head)content-length: \(body.reduce(0) { $0 + $1.count })\r\n\r\n".utf8)
    let offset = start.count + body[0].count
    self.init(request: start + body.joined(), message: offset..<offset + text.count, answerPrefix: answerPrefix)
  }

  /// Plain English, which needs no escapes; the first digits are the counter's.
  private static func text(bytes: Int) -> [UInt8] {
    let sentence = Array("The quick onyx goblin jumps over the lazy dwarf while five boxing wizards watch; ".utf8)
    var text = [UInt8](repeating: UInt8(ascii: "0"), count: counterDigits) + [UInt8(ascii: " ")]
    while text.count < bytes { text += sentence.prefix(bytes - text.count) }
    return text
  }

  /// Writes `counter` into the message of `request`, which is this template's.
  func number(_ request: inout [UInt8], _ counter: Int) {
    var rest = counter
    for index in stride(from: message.lowerBound + Self.counterDigits - 1, through: message.lowerBound, by: -1) {
      request[index] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
  }
}
