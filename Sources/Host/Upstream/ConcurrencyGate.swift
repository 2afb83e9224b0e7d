internal import NIOCore
internal import Synchronization

/// Lets only so many calls at a time go to one child; the rest wait in order, each until its own deadline.
final class ConcurrencyGate: Sendable {
  private struct Waiter: Sendable {
    var ticket: UInt64
    var continuation: CheckedContinuation<Result<Void, UpstreamError>, Never>
  }
  private struct Line {
    var running = 0
    var waiting: [Waiter] = []
  }
  private let lines = Mutex<[UpstreamKey: Line]>([:])
  private let nextTicket = Atomic<UInt64>(0)

  /// Waits for a place. Each `enter` that returns is followed by one `leave`.
  func enter(_ key: UpstreamKey, limit: Int, on eventLoop: any EventLoop, deadline: NIODeadline) async throws(UpstreamError) {
    let isIn = lines.withLock { lines in
      guard lines[key, default: Line()].running < limit else { return false }
      lines[key, default: Line()].running += 1
      return true
    }
    guard !isIn else { return }
    let ticket = nextTicket.add(1, ordering: .relaxed).newValue
    let timer = eventLoop.scheduleTask(deadline: deadline) { self.giveUp(key, ticket, .timedOut(.request)) }
    defer { timer.cancel() }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        wait(key, Waiter(ticket: ticket, continuation: continuation), limit: limit)
        // Had the task been cancelled, or the time been up, before it stood in line, nobody would have found it.
        if Task.isCancelled { giveUp(key, ticket, .cancelled) }
        if deadline <= .now() { giveUp(key, ticket, .timedOut(.request)) }
      }
    } onCancel: {
      giveUp(key, ticket, .cancelled)
    }
    try result.get()
  }

  func leave(_ key: UpstreamKey) {
    let next: Waiter? = lines.withLock { lines in
      guard var line = lines[key] else { return nil }
      guard line.waiting.isEmpty else {
        let next = line.waiting.removeFirst()
        lines[key] = line
        return next
      }
      line.running -= 1
      lines[key] = line.running > 0 ? line : nil
      return nil
    }
    next?.continuation.resume(returning: .success(()))
  }

  private func wait(_ key: UpstreamKey, _ waiter: Waiter, limit: Int) {
    let answer: Result<Void, UpstreamError>? = lines.withLock { lines in
      var line = lines[key] ?? Line()
      defer { lines[key] = line }
      guard line.running >= limit else {
        line.running += 1
        return .success(())
      }
      guard line.waiting.count < Limits.Upstream.maxWaitingCalls else { return .failure(.overloaded) }
      line.waiting.append(waiter)
      return nil
    }
    if let answer { waiter.continuation.resume(returning: answer) }
  }

  private func giveUp(_ key: UpstreamKey, _ ticket: UInt64, _ error: UpstreamError) {
    let waiter: Waiter? = lines.withLock { lines in
      guard let index = lines[key]?.waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
      return lines[key]?.waiting.remove(at: index)
    }
    waiter?.continuation.resume(returning: .failure(error))
  }
}
