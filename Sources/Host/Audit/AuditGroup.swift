internal import NIOCore

/// Lines that come while others are being put on disk wait, and then go there together: one write and one sync for all of them. One of those who wait does it
/// for the rest, and nobody is answered before the sync that holds their line. For threads that may block.
final class AuditGroup: Sendable {
  typealias Write = ([AuditEntry]) throws(GatewayError) -> Void

  /// The writers of this process, for every record.
  static let shared = AuditGroup()

  private enum Place {
    case waiting
    /// Is to write, for itself and for all who wait then.
    case leading
    /// Somebody writes it.
    case taken
    case written(Result<Void, GatewayError>)
  }

  private struct Line {
    var entry: AuditEntry
    var place: Place
  }

  private struct Queue {
    var lines: [Int: Line] = [:]
    /// Numbers of lines, in the order in which they came.
    var waiting: [Int] = []
    var isLed = false
  }

  private struct State {
    var lastNumber = 0
    /// By the path of the record; only those that are in use.
    var queues: [String: Queue] = [:]
  }

  private enum Step {
    case lead
    case end(Result<Void, GatewayError>)
  }

  private let state = Monitor(State())

  /// How many lines wait for the one that is being written.
  func waitingCount(of path: String) -> Int { state.withLock { $0.queues[path]?.waiting.count ?? 0 } }

  /// - Parameter write: puts lines on disk, all or none of which are then acknowledged.
  /// - Throws: what `write` throws, whoever called it; `unavailable` when it takes too long. Then the line may be there all the same.
  func append(_ entry: AuditEntry, of path: String, write: Write) throws(GatewayError) {
    guard let number = join(entry, path) else { throw Self.late(path) }
    let deadline = (NIODeadline.now() + Limits.Audit.groupTimeout).uptimeNanoseconds
    switch state.wait(until: deadline, { Self.step(of: number, path, &$0) }) ?? leave(number, path) {
    case .lead: try lead(number, path, write)
    case .end(let result): try result.get()
    case nil: throw Self.late(path)
    }
  }

  private static func late(_ path: String) -> GatewayError {
    GatewayError(
      .unavailable, "Nothing was changed, because the audit record \(path) is not written fast enough.", suggestions: ["Try again."])
  }

  /// Nil when too many wait already.
  private func join(_ entry: AuditEntry, _ path: String) -> Int? {
    state.withLock { state in
      var queue = state.queues[path] ?? Queue()
      guard queue.waiting.count < Limits.Audit.maxWaiting else { return nil }
      state.lastNumber += 1
      let number = state.lastNumber
      queue.lines[number] = Line(entry: entry, place: queue.isLed ? .waiting : .leading)
      if queue.isLed { queue.waiting.append(number) }
      queue.isLed = true
      state.queues[path] = queue
      return number
    }
  }

  private static func step(of number: Int, _ path: String, _ state: inout State) -> Step? {
    switch state.queues[path]?.lines[number]?.place {
    case .leading: return .lead
    case .written(let result):
      state.queues[path]?.lines[number] = nil
      release(path, &state)
      return .end(result)
    case .waiting, .taken, nil: return nil
    }
  }

  /// Too late; unless it was this line's turn at the last moment.
  private func leave(_ number: Int, _ path: String) -> Step? {
    state.withLock { state in
      if let step = Self.step(of: number, path, &state) { return step }
      state.queues[path]?.waiting.removeAll { $0 == number }
      state.queues[path]?.lines[number] = nil
      return nil
    }
  }

  private func lead(_ number: Int, _ path: String, _ write: Write) throws(GatewayError) {
    let (numbers, entries) = state.withLock { Self.take(number, path, &$0) }
    let result: Result<Void, GatewayError>
    do throws(GatewayError) {
      try write(entries)
      result = .success(())
    } catch { result = .failure(error) }
    state.withLock { Self.finish(number, numbers, path, result, &$0) }
    state.broadcast()
    try result.get()
  }

  /// The leader's line, and those who wait.
  private static func take(_ number: Int, _ path: String, _ state: inout State) -> (numbers: [Int], entries: [AuditEntry]) {
    guard var queue = state.queues[path] else { return ([], []) }
    let numbers = [number] + queue.waiting.prefix(Limits.Audit.maxLinesTogether - 1)
    queue.waiting.removeFirst(numbers.count - 1)
    for taken in numbers { queue.lines[taken]?.place = .taken }
    state.queues[path] = queue
    return (numbers, numbers.compactMap { queue.lines[$0]?.entry })
  }

  /// Tells those whose lines were written, and hands on to the next who waits.
  private static func finish(
    _ leader: Int, _ numbers: [Int], _ path: String, _ result: Result<Void, GatewayError>, _ state: inout State
  ) {
    guard var queue = state.queues[path] else { return }
    for number in numbers { queue.lines[number]?.place = .written(result) }
    queue.lines[leader] = nil
    if queue.waiting.isEmpty {
      queue.isLed = false
    } else {
      queue.lines[queue.waiting.removeFirst()]?.place = .leading
    }
    state.queues[path] = queue
    release(path, &state)
  }

  private static func release(_ path: String, _ state: inout State) {
    if let queue = state.queues[path], !queue.isLed, queue.lines.isEmpty { state.queues[path] = nil }
  }
}
