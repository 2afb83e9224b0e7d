internal import JSON
internal import MCP
internal import NIOCore
internal import Synchronization

/// The work on one request of 2026-07-28 that outlives its exchange when the client has to be asked something: what `HeldCallState` says, done.
final class HeldCall: Sendable {
  typealias Outcome = HeldCallState.Outcome

  /// What an exchange waits for.
  enum News: Sendable {
    case finished(Outcome)
    /// Answer the exchange with these; the next brings the ticket, within so long.
    case asked([HeldCallState.Question], ticket: String, within: TimeAmount)
  }

  private struct State {
    var machine = HeldCallState()
    /// The link of the exchange that attends the call; of the last one while none does.
    var link: ClientLink
    var exchange: CheckedContinuation<News, Never>?
    var asking: [Int: (waiter: CheckedContinuation<ClientQuestions.Answer, Never>, deadline: NIODeadline)] = [:]
    var work: Task<Void, Never>?
    var expiry: Scheduled<Void>?
  }

  let principal: String
  private let held: HeldCalls
  private let eventLoop: any EventLoop
  private let state: Mutex<State>

  init(principal: String, link: ClientLink, held: HeldCalls) {
    self.principal = principal
    self.held = held
    eventLoop = link.eventLoop
    state = Mutex(State(link: link))
  }

  /// Begins the work, on the event loop of the exchange that brought it.
  func begin(_ work: @escaping @Sendable () async -> Outcome) {
    let task = Task(executorPreference: LoopExecutor(eventLoop)) { self.finish(await work()) }
    state.withLock { $0.work = task }
  }

  private func finish(_ outcome: Outcome) {
    perform { state in
      state.work = nil
      let step = state.machine.finished(outcome)
      if state.machine.open.isEmpty { Self.giveUpAsking(&state) }
      return step
    }
  }

  /// Answers that come now would be nobody's.
  private static func giveUpAsking(_ state: inout State) {
    for (waiter, _) in state.asking.values { waiter.resume(returning: .failure(ClientQuestions.gone)) }
    state.asking = [:]
  }

  // MARK: The exchange

  /// Where messages about the call go just now, and what its client can do and wants to hear.
  var link: ClientLink { state.withLock { $0.link } }

  /// False while nobody attends the call.
  var isAttended: Bool { state.withLock { if case .attended = $0.machine.phase { true } else { false } } }

  /// Waits for the outcome or for questions. Cancelled, it cancels the call.
  func news() async -> News {
    await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        perform { state in
          state.exchange = waiter
          return state.machine.awaited()
        }
        if Task.isCancelled { leave() }
      }
    } onCancel: {
      leave()
    }
  }

  private func leave() { perform { $0.machine.left() } }

  /// Another exchange attends the call, and brings answers.
  /// - Returns: false when the ticket is not good any more.
  func resume(ticket: String, answers: RawJSON?, link: ClientLink) -> Bool {
    let (isGood, settled) = state.withLock { state -> (Bool, [(CheckedContinuation<ClientQuestions.Answer, Never>, RawJSON)]) in
      guard let answered = state.machine.resumed(ticket: ticket, answers: { answers?[$0] }) else { return (false, []) }
      state.expiry?.cancel()
      state.expiry = nil
      state.link = link
      return (
        true, answered.compactMap { question, answer in state.asking.removeValue(forKey: question.number).map { ($0.waiter, answer) } }
      )
    }
    for (waiter, answer) in settled { waiter.resume(returning: .success(answer)) }
    return isGood
  }

  // MARK: Questions

  /// Asks the client, in the next answer to one of its exchanges, and waits until it comes back with what it says.
  func ask(_ method: String, _ params: RawJSON?, deadline: NIODeadline) async -> ClientQuestions.Answer {
    let number = Mutex<Int?>(nil)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        var refused = false
        perform { state in
          guard let (question, step) = state.machine.asked(method, params) else {
            refused = true
            return .nothing
          }
          state.asking[question.number] = (waiter, deadline)
          number.withLock { $0 = question.number }
          return step
        }
        if refused { waiter.resume(returning: .failure(ClientQuestions.gone)) }
        if Task.isCancelled { withdraw(number.withLock { $0 }) }
      }
    } onCancel: {
      withdraw(number.withLock { $0 })
    }
  }

  private func withdraw(_ number: Int?, because error: RPCError = ClientQuestions.gone) {
    guard let number else { return }
    let waiter = state.withLock { state in
      state.machine.withdrawn(number)
      return state.asking.removeValue(forKey: number)?.waiter
    }
    waiter?.resume(returning: .failure(error))
  }

  /// Puts what was asked so far to the client, if there is room for one more held call.
  private func gather() {
    let ticket = RandomID.hex128()
    guard held.hold(self, ticket: ticket) else {
      let open = state.withLock { $0.machine.open.map(\.number) }
      for number in open { withdraw(number, because: .tooManyHeld) }
      return perform { $0.machine.notHeld() }
    }
    let isHeld = state.withLock { state in
      let step = state.machine.gathered(ticket: ticket)
      let isHeld = state.machine.phase == .held(ticket: ticket)
      perform(step, ticket, &state)
      return isHeld
    }
    if !isHeld { _ = held.release(ticket) }
  }

  private func expire(_ ticket: String) {
    _ = held.release(ticket)
    perform { $0.machine.expired(ticket: ticket) }
  }

  /// Nobody comes back any more.
  func end() { perform { $0.machine.end() } }

  // MARK: What happens next

  private func perform(_ change: (inout State) -> HeldCallState.Step) {
    state.withLock { state in
      let step = change(&state)
      perform(step, "", &state)
    }
  }

  /// Continuations only become runnable when they are resumed, and cancelling comes back at once, so all of it can be done under the lock.
  private func perform(_ step: HeldCallState.Step, _ ticket: String, _ state: inout State) {
    switch step {
    case .nothing: break
    case .gather: eventLoop.scheduleTask(in: Limits.Bridge.gatherDelay) { self.gather() }
    case .ask(let questions):
      let latest = state.asking.values.map(\.deadline).min() ?? .distantFuture
      let expires = min(latest, .now() + held.inputTimeout)
      state.expiry = eventLoop.scheduleTask(deadline: expires) { self.expire(ticket) }
      answer(.asked(questions, ticket: ticket, within: expires - .now()), &state)
    case .finish(let outcome):
      Self.giveUpAsking(&state)
      answer(.finished(outcome), &state)
    case .cancel:
      state.expiry?.cancel()
      state.expiry = nil
      Self.giveUpAsking(&state)
      answer(.finished(.failure(ClientQuestions.gone)), &state)
      if let work = state.work { eventLoop.execute { work.cancel() } }
    }
  }

  private func answer(_ news: News, _ state: inout State) {
    state.exchange?.resume(returning: news)
    state.exchange = nil
  }
}
