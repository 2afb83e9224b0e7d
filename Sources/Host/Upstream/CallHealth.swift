/// How the last calls of one conversation went: whether a server that is there still answers. A value without I/O or clock.
struct CallHealth: Sendable, Equatable {
  /// One bit a call, the latest lowest; a set bit is a call without an answer.
  private var unanswered: UInt16 = 0
  /// After too many the next conversation is on probation until its first answer: one more call without an answer ends it.
  private var isOnProbation = false
  private var answeredInARow = 0

  /// How many calls back count.
  static let window = 10
  private static let mask: UInt16 = 1 << window - 1

  /// All the calls that count were made, and answered.
  var isSound: Bool { answeredInARow >= Self.window }

  mutating func answered() {
    unanswered = unanswered << 1 & Self.mask
    isOnProbation = false
    answeredInARow = min(answeredInARow + 1, Self.window)
  }

  /// - Parameter limit: so many of the last ``window`` calls without an answer are too many; nil: no number is.
  /// - Returns: whether there are too many now.
  mutating func missed(limit: Int?) -> Bool {
    unanswered = (unanswered << 1 | 1) & Self.mask
    answeredInARow = 0
    guard let limit else { return false }
    return isOnProbation || unanswered.nonzeroBitCount >= limit
  }

  /// Another conversation begins.
  mutating func beginProbation() {
    unanswered = 0
    answeredInARow = 0
    isOnProbation = true
  }
}

extension UpstreamError {
  /// Whether it speaks against the server that a call ended so. The end of a connection is noticed by itself, and the rest is the gateway's doing.
  var countsAsUnanswered: Bool {
    switch self {
    case .timedOut, .unavailable, .protocolViolation: true
    case .cannotStart, .exited, .tooLarge, .overloaded, .shuttingDown, .cancelled: false
    }
  }
}
