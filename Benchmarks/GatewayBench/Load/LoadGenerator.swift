internal import Glibc

/// Closed-loop load from one thread: every caller makes its next call as soon as its answer is there and verified.
struct LoadGenerator {
  private let callers: [Caller]
  /// A server that gives no answer for so long is broken.
  private static let stallMilliseconds: Int32 = 20_000

  init(_ callers: [Caller]) { self.callers = callers }

  /// Each caller makes `calls` calls that nobody counts.
  func warmUp(calls: Int) throws { _ = try run(SliceLength(seconds: 0, minCalls: calls * callers.count)) }

  func run(_ length: SliceLength) throws -> Slice {
    var latencies: [UInt64] = []
    latencies.reserveCapacity(1 << 16)
    var polls = callers.map { pollfd(fd: $0.socket.descriptor, events: 0, revents: 0) }
    let start = MonotonicClock.now()
    let end = start + UInt64(length.seconds * 1e9)
    var running = callers.count
    var begun = callers.count
    for (index, caller) in callers.enumerated() { try begin(caller, &polls[index]) }
    while running > 0 {
      guard poll(&polls, nfds_t(polls.count), Self.stallMilliseconds) > 0 else {
        throw BenchError("no answer within \(Self.stallMilliseconds / 1000) s")
      }
      for index in polls.indices where polls[index].revents != 0 {
        let caller = callers[index]
        guard try caller.socket.advance() else {
          polls[index].events = caller.socket.awaitedEvents
          continue
        }
        let now = MonotonicClock.now()
        latencies.append(now - caller.startedAt)
        try caller.verify()
        if now < end || begun < length.minCalls {
          begun += 1
          try begin(caller, &polls[index])
        } else {
          running -= 1
          polls[index].fd = -1
        }
      }
    }
    let seconds = Double(MonotonicClock.now() - start) / 1e9
    latencies.sort()
    return Slice(seconds: seconds, latencies: latencies)
  }

  private func begin(_ caller: Caller, _ poll: inout pollfd) throws {
    try caller.begin()
    poll.events = caller.socket.awaitedEvents
  }
}
