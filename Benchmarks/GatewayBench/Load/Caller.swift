internal import Glibc

/// One connection that makes the same call again and again and believes no answer.
final class Caller {
  let socket: HTTPSocket
  private let template: CallTemplate
  private var sent: [UInt8]
  private var counter: Int
  private(set) var startedAt: UInt64 = 0

  /// - Parameter number: tells this caller's messages from those of others.
  init(port: Int, template: CallTemplate, number: Int) throws {
    socket = try HTTPSocket(port: port)
    self.template = template
    sent = template.request
    counter = number * 10_000_000_000
  }

  func begin() throws {
    counter += 1
    _ = socket.takeRequest()
    template.number(&sent, counter)
    startedAt = MonotonicClock.now()
    try socket.begin(sent)
  }

  /// Status 200, and this call's own message at the place of the result.
  func verify() throws {
    let isRight =
      socket.status == 200
      && socket.withBody { body in
        guard let offset = ByteSearch.find(template.answerPrefix, in: body) else { return false }
        let start = offset + template.answerPrefix.utf8CodeUnitCount
        guard body.count - start >= template.message.count else { return false }
        return sent.withUnsafeBytes { sent in
          guard let message = sent.baseAddress, let answer = body.baseAddress else { return false }
          return memcmp(answer + start, message + template.message.lowerBound, template.message.count) == 0
        }
      }
    guard !isRight else { return }
    let beginning = socket.withBody { String(decoding: $0.prefix(600), as: UTF8.self) }
    throw BenchError("a wrong answer, HTTP \(socket.status): \(beginning)")
  }
}
