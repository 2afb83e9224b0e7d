internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import Synchronization

/// The body of a request while it arrives: bounded in size, in time, and in what all bodies hold together.
final class IncomingBody: Sendable {
  private let body: RequestBody
  private let declared: Int?
  private let maxBytes: Int
  private let timeout: TimeAmount
  private let budget: BodyBudget
  private let held = Atomic<Int>(0)
  private let isRead: Atomic<Bool>

  init(_ request: Request, maxBytes: Int, timeout: TimeAmount, budget: BodyBudget) {
    body = request.body
    declared = request.headers[.contentLength].flatMap { Int($0) }
    self.maxBytes = maxBytes
    self.timeout = timeout
    self.budget = budget
    isRead = Atomic((declared ?? 0) == 0 && request.headers[.transferEncoding] == nil)
  }

  /// Whether nothing of it is still to come.
  var isFinished: Bool { isRead.load(ordering: .relaxed) }

  func release() { budget.giveBack(held.exchange(0, ordering: .relaxed)) }

  func read() async throws(BodyFailure) -> [UInt8] {
    if isFinished { return [] }
    if let declared, declared > maxBytes { throw .tooLarge }
    do {
      return try await withThrowingTaskGroup(of: [UInt8].self) { group in
        group.addTask { try await self.gather() }
        group.addTask {
          try await Task.sleep(for: .nanoseconds(self.timeout.nanoseconds))
          throw BodyFailure.late
        }
        defer { group.cancelAll() }
        return try await group.next() ?? []
      }
    } catch let failure as BodyFailure { throw failure } catch { throw .incomplete }
  }

  private func gather() async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await part in body {
      guard bytes.count + part.readableBytes <= maxBytes else { throw BodyFailure.tooLarge }
      guard budget.take(part.readableBytes) else { throw BodyFailure.crowded }
      held.add(part.readableBytes, ordering: .relaxed)
      bytes += part.readableBytesView
    }
    isRead.store(true, ordering: .relaxed)
    return bytes
  }
}

/// Bytes of bodies held in memory at once, over all connections.
final class BodyBudget: Sendable {
  private let limit: Int
  private let used = Atomic<Int>(0)

  init(limit: Int) { self.limit = limit }

  func take(_ count: Int) -> Bool {
    guard used.add(count, ordering: .relaxed).newValue <= limit else {
      used.subtract(count, ordering: .relaxed)
      return false
    }
    return true
  }

  func giveBack(_ count: Int) { used.subtract(count, ordering: .relaxed) }
}
