internal import MCP
internal import NIOCore

/// The one subscription that a conversation of 2026-07-28 holds at its server, and a second one while what is wanted changes: the new one is acknowledged before
/// the old one ends, so that nothing is missed. A value without I/O: each event gives the steps to take, in order.
struct ListenState: Sendable {
  enum Step: Sendable, Equatable {
    case open(Int, ListenFilter)
    case close(Int)
    /// Call `retry` then.
    case retry(after: TimeAmount)
    /// Whoever asked for this resource is told: nil, or why it is not told of.
    case settle(ticket: Int, RPCError?)
    /// For a while nothing was heard: all of this may have changed.
    case missed(ListenFilter)
  }

  private struct Stream {
    let number: Int
    var filter: ListenFilter
    /// Set once acknowledged.
    var since: NIODeadline?
  }

  private var wanted: ListenFilter
  private var current: Stream?
  private var opening: Stream?
  private var lastNumber = 0
  private var waiting: [(ticket: Int, uri: String)] = []
  private var backOff = BackOff()
  private var isPausing = false
  private var missed = false
  /// The server does not know of subscriptions: it is not asked again.
  private(set) var refusal: RPCError?

  init(_ wanted: ListenFilter) { self.wanted = wanted }

  // MARK: Wishes

  mutating func begin() -> [Step] { advance() }

  /// Updates of a resource are wanted. `ticket` is settled when the server has agreed or refused.
  mutating func follow(_ uri: String, ticket: Int) -> [Step] {
    if let refusal { return [.settle(ticket: ticket, refusal)] }
    if let current, current.filter.uris.contains(uri), wanted.uris.contains(uri) { return [.settle(ticket: ticket, nil)] }
    wanted.uris.insert(uri)
    waiting.append((ticket, uri))
    return advance()
  }

  mutating func unfollow(_ uri: String) -> [Step] {
    guard wanted.uris.remove(uri) != nil else { return [] }
    return advance()
  }

  /// Nobody waits for the server's word any more.
  mutating func forget(ticket: Int) { waiting.removeAll { $0.ticket == ticket } }

  // MARK: Events

  /// The server says what it honours.
  mutating func acknowledged(_ number: Int, _ honoured: ListenFilter, now: NIODeadline) -> [Step] {
    guard var stream = opening, stream.number == number else { return [] }
    var steps: [Step] = current.map { [.close($0.number)] } ?? []
    let refused = stream.filter.uris.subtracting(honoured.uris)
    stream.filter.uris.subtract(refused)
    wanted.uris.subtract(refused)
    stream.since = now
    (current, opening) = (stream, nil)
    steps += settle { uri in
      stream.filter.uris.contains(uri) ? .some(nil) : refused.contains(uri) ? .some(.notTold) : nil
    }
    if missed { steps.append(.missed(stream.filter)) }
    missed = false
    return steps + advance()
  }

  /// A stream is over: refused, ended by the server, or cut.
  mutating func ended(_ number: Int, refusal error: RPCError?, now: NIODeadline) -> [Step] {
    if let stream = opening, stream.number == number {
      opening = nil
      return error.map { refused($0) } ?? pause(nil)
    }
    guard let stream = current, stream.number == number else { return [] }
    current = nil
    missed = true
    return opening == nil ? pause(stream.since.map { now - $0 }) : []
  }

  /// The server did not acknowledge in time.
  mutating func timedOut(_ number: Int) -> [Step] {
    guard opening?.number == number else { return [] }
    opening = nil
    return [.close(number)] + pause(nil)
  }

  mutating func retry() -> [Step] {
    isPausing = false
    return advance()
  }

  // MARK: Steps

  private mutating func refused(_ error: RPCError) -> [Step] {
    guard let current else {
      refusal = error
      wanted = ListenFilter()
      return settle { _ in .some(error) }
    }
    // What is told already goes on.
    wanted = current.filter
    return settle { uri in current.filter.uris.contains(uri) ? .some(nil) : .some(error) }
  }

  private mutating func pause(_ lifetime: TimeAmount?) -> [Step] {
    guard !isPausing, !wanted.isEmpty else { return [] }
    isPausing = true
    return [.retry(after: backOff.pauseAfterFailure(lifetime: lifetime))]
  }

  private mutating func advance() -> [Step] {
    guard opening == nil, !isPausing, refusal == nil, wanted != current?.filter ?? ListenFilter() else { return [] }
    guard !wanted.isEmpty else {
      defer { current = nil }
      return current.map { [.close($0.number)] } ?? []
    }
    lastNumber += 1
    opening = Stream(number: lastNumber, filter: wanted)
    return [.open(lastNumber, wanted)]
  }

  /// - Parameter verdict: nil: not known yet.
  private mutating func settle(_ verdict: (String) -> RPCError??) -> [Step] {
    var steps: [Step] = []
    waiting.removeAll { ticket, uri in
      guard let verdict = verdict(uri) else { return false }
      steps.append(.settle(ticket: ticket, verdict))
      return true
    }
    return steps
  }
}

extension RPCError {
  /// The server does not tell of changes of a resource.
  static let notTold = methodNotFound("the server does not tell of changes of this resource")
}
