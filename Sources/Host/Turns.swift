internal import Synchronization

/// Lets one piece of asynchronous work run at a time, in the order of arrival.
final class Turns: Sendable {
  private let last = Mutex<Task<Void, Never>?>(nil)

  func run<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
    let task = last.withLock { last in
      let previous = last
      let task = Task {
        await previous?.value
        return try await body()
      }
      last = Task { _ = await task.result }
      return task
    }
    return try await task.value
  }
}
