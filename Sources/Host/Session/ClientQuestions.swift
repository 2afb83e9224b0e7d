package import JSON
package import MCP
package import NIOCore
internal import Synchronization

/// Requests from the gateway to one client, and the answers that come back in messages of their own.
package final class ClientQuestions: Sendable {
  package typealias Answer = Result<RawJSON, RPCError>
  private struct State {
    var waiting: [Int: CheckedContinuation<Answer, Never>] = [:]
    var last = 0
    var isEnded = false
  }
  private let state = Mutex(State())

  static let gone = RPCError.internalError("the client is gone")
  static let late = RPCError.internalError("the client did not answer in time")
  static let tooMany = RPCError.internalError("the client has too many unanswered requests")

  /// Whether an error says in the gateway's own words why there is no answer.
  static func isUnanswered(_ answer: Answer) -> Bool {
    guard case .failure(let error) = answer else { return false }
    return [gone, late, tooMany, .tooManyHeld].contains(error)
  }

  static func isGone(_ answer: Answer) -> Bool { if case .failure(let error) = answer { error == gone } else { false } }

  /// Sends a request and waits for its answer, the deadline, the end of the conversation or the cancellation of the task.
  /// - Parameters:
  ///   - send: puts the message with this id on its way.
  ///   - onCancel: told the id when the answer is not waited for any more.
  package func ask(
    deadline: NIODeadline, on eventLoop: any EventLoop, _ send: (_ id: RequestID) -> Void,
    onCancel: @escaping @Sendable (_ id: RequestID) -> Void
  ) async -> Answer {
    let number = state.withLock { state in
      state.last += 1
      return state.last
    }
    let giveUp: @Sendable (RPCError) -> Void = { error in
      if self.settle(number, .failure(error)) { onCancel(RequestID(number)) }
    }
    let timer = eventLoop.scheduleTask(deadline: deadline) { giveUp(Self.late) }
    defer { timer.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if let refusal = wait(number, continuation) { return continuation.resume(returning: .failure(refusal)) }
        send(RequestID(number))
        if Task.isCancelled { giveUp(Self.gone) }
      }
    } onCancel: {
      giveUp(Self.gone)
    }
  }

  private func wait(_ number: Int, _ continuation: CheckedContinuation<Answer, Never>) -> RPCError? {
    state.withLock { state in
      guard !state.isEnded else { return Self.gone }
      guard state.waiting.count < Limits.Session.maxOpenQuestions else { return Self.tooMany }
      state.waiting[number] = continuation
      return nil
    }
  }

  /// An answer of the client. False when it answers nothing that was asked.
  @discardableResult package func take(_ response: Response) -> Bool {
    guard case .number(let text) = response.id, let number = Int(text) else { return false }
    switch response.outcome {
    case .result(let result): return settle(number, .success(result))
    case .error(let error): return settle(number, .failure(error))
    }
  }

  @discardableResult private func settle(_ number: Int, _ answer: Answer) -> Bool {
    guard let continuation = state.withLock({ $0.waiting.removeValue(forKey: number) }) else { return false }
    continuation.resume(returning: answer)
    return true
  }

  package func failAll() {
    let waiting = state.withLock { state in
      state.isEnded = true
      defer { state.waiting = [:] }
      return Array(state.waiting.values)
    }
    for continuation in waiting { continuation.resume(returning: .failure(Self.gone)) }
  }
}
