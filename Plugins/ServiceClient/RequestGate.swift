internal import PluginSDK
internal import Synchronization

/// Lets so many requests of one instance through at a time; the others wait in order, without holding a thread.
package final class RequestGate: Sendable {
  /// More would only pile up until their deadlines.
  static let maxWaiting = 1_024

  private struct State {
    var free: Int
    var nextID: UInt64 = 0
    /// Those that have asked and not begun to wait yet; whoever is cancelled here is missing when it begins.
    var arriving: Set<UInt64> = []
    var order: [UInt64] = []
    var waiting: [UInt64: CheckedContinuation<Void, any Error>] = [:]
  }
  private let state: Mutex<State>

  package init(width: Int) { state = Mutex(State(free: max(1, width))) }

  /// Runs `body` when it is its turn.
  /// - Throws: what `body` throws; `CancellationError`; `PluginError.unavailable` when too many wait already.
  package func pass<Result>(_ body: () async throws -> Result) async throws -> Result {
    try await enter()
    defer { leave() }
    return try await body()
  }

  private func enter() async throws {
    let id = state.withLock { state in
      state.nextID &+= 1
      state.arriving.insert(state.nextID)
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in arrive(id, continuation) }
    } onCancel: {
      let continuation = state.withLock { state -> CheckedContinuation<Void, any Error>? in
        if state.arriving.remove(id) != nil { return nil }
        state.order.removeAll { $0 == id }
        return state.waiting.removeValue(forKey: id)
      }
      continuation?.resume(throwing: CancellationError())
    }
  }

  private func arrive(_ id: UInt64, _ continuation: CheckedContinuation<Void, any Error>) {
    let outcome = state.withLock { state -> Result<Bool, any Error> in
      guard state.arriving.remove(id) != nil else { return .failure(CancellationError()) }
      if state.free > 0 {
        state.free -= 1
        return .success(true)
      }
      guard state.order.count < Self.maxWaiting else {
        return .failure(PluginError.unavailable("\(Self.maxWaiting) requests wait for their turn already"))
      }
      state.order.append(id)
      state.waiting[id] = continuation
      return .success(false)
    }
    switch outcome {
    case .success(let isIn): if isIn { continuation.resume() }
    case .failure(let error): continuation.resume(throwing: error)
    }
  }

  private func leave() {
    let next = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      guard !state.order.isEmpty else {
        state.free += 1
        return nil
      }
      return state.waiting.removeValue(forKey: state.order.removeFirst())
    }
    next?.resume()
  }
}
