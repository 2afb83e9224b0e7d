internal import NIOCore
internal import Synchronization

/// The connections of one listener: bounded in number, and drained when it stops.
final class OpenConnections: Sendable {
  private struct State {
    var channels: [ObjectIdentifier: any Channel] = [:]
    var requests = 0
  }
  private let state = Mutex(State())
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// False when there are too many already. The channel leaves the set by itself when it closes.
  func admit(_ channel: any Channel) -> Bool {
    let isAdmitted = state.withLock { state in
      guard state.channels.count < limit else { return false }
      state.channels[ObjectIdentifier(channel)] = channel
      return true
    }
    if isAdmitted {
      channel.closeFuture.whenComplete { _ in self.state.withLock { $0.channels[ObjectIdentifier(channel)] = nil } }
    }
    return isAdmitted
  }

  func requestBegan() { state.withLock { $0.requests += 1 } }
  func requestEnded() { state.withLock { $0.requests -= 1 } }

  var count: Int { state.withLock { $0.channels.count } }
  var requestsRunning: Int { state.withLock { $0.requests } }

  func closeAll() async {
    let channels = state.withLock { Array($0.channels.values) }
    for channel in channels { channel.close(promise: nil) }
    for channel in channels { _ = await channel.closeFuture.result() }
  }
}

extension EventLoopFuture where Value: Sendable {
  /// The outcome as a value: for futures whose failure is no news.
  func result() async -> Result<Value, any Error> {
    await withCheckedContinuation { continuation in whenComplete { continuation.resume(returning: $0) } }
  }
}
