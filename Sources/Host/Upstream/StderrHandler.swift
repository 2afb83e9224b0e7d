internal import NIOCore

/// Reads what a child writes to standard error, always, since a child whose pipe is full stands still; logs it line by line at a
/// bounded rate.
final class StderrHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let log: Log
  private let text: StderrText
  private var lines: StderrLines
  private var budget = LineBudget(perSecond: Limits.Upstream.stderrLinesPerSecond, burst: Limits.Upstream.stderrBurstLines)

  /// `log` names the server already.
  init(log: Log, secrets: SecretMask) {
    self.log = log
    text = StderrText(secrets: secrets, maxBytes: Limits.Upstream.maxStderrLineBytes)
    lines = StderrLines(maxBytes: text.bytesNeeded)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    lines.append(unwrapInboundIn(data).readableBytesView) { write($0) }
  }

  func channelInactive(context: ChannelHandlerContext) {
    lines.finish { write($0) }
    reportDropped()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func write(_ line: StderrLines.Line) {
    guard budget.spend(at: .now()) else { return }
    reportDropped()
    log.info("stderr: \(text.text(line))")
  }

  private func reportDropped() {
    let dropped = budget.takeDropped()
    if dropped > 0 { log.info("stderr: \(dropped) lines were dropped") }
  }
}

/// How many lines may be logged: so many at once, refilled at a constant rate.
struct LineBudget {
  private let perSecond: Int
  private let burst: Int
  private var nanotokens: Int64
  private var last: NIODeadline?
  private var dropped = 0

  init(perSecond: Int, burst: Int) {
    self.perSecond = perSecond
    self.burst = burst
    nanotokens = Int64(burst) * 1_000_000_000
  }

  /// True if one more line may be logged now; otherwise it is counted as dropped.
  mutating func spend(at now: NIODeadline) -> Bool {
    let full = Int64(burst) * 1_000_000_000
    if let last, now > last {
      let (refill, isTooMuch) = (now - last).nanoseconds.multipliedReportingOverflow(by: Int64(perSecond))
      nanotokens = isTooMuch ? full : min(full, nanotokens + min(full, refill))
    }
    last = now
    guard nanotokens >= 1_000_000_000 else {
      dropped += 1
      return false
    }
    nanotokens -= 1_000_000_000
    return true
  }

  /// Lines dropped since the last time this was asked.
  mutating func takeDropped() -> Int {
    defer { dropped = 0 }
    return dropped
  }
}
