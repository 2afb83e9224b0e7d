internal import JSON
internal import MCP

/// A call of 2026-07-28 that may stop to ask its client, as a value: who waits for whom, and what has to happen next.
///
/// An exchange attends the call until there is news: the outcome, or questions. After questions the call is held: the next exchange, which brings the ticket
/// and the answers, attends it. Whatever happens while nobody attends is kept for it.
struct HeldCallState: Sendable {
  typealias Outcome = Result<[UInt8], RPCError>

  struct Question: Sendable {
    let number: Int
    let method: String
    let params: RawJSON?
    /// Its name among the `inputRequests`.
    var key: String { "q\(number)" }
  }

  enum Phase: Sendable, Equatable {
    /// An exchange is there. `isAwaited`: it waits for news just now.
    case attended(isAwaited: Bool)
    /// The client was asked, and has to bring this ticket.
    case held(ticket: String)
    case ended
  }

  enum Step: Sendable {
    case nothing
    /// Look again in a moment: more may be asked.
    case gather
    /// The exchange is answered with these questions and a ticket.
    case ask([Question])
    /// The exchange is answered with the outcome, and the call is over.
    case finish(Outcome)
    /// Nobody wants the outcome any more: the work is cancelled.
    case cancel
  }

  private(set) var phase = Phase.attended(isAwaited: false)
  private(set) var open: [Question] = []
  private var isGathering = false
  private var outcome: Outcome?
  private var lastNumber = 0

  // MARK: The exchange

  /// The exchange waits for news.
  mutating func awaited() -> Step {
    guard case .attended = phase else { return .nothing }
    phase = .attended(isAwaited: true)
    return next()
  }

  /// The client of the exchange went away without an answer.
  mutating func left() -> Step {
    guard case .attended = phase else { return .nothing }
    return end()
  }

  /// Another exchange brings a ticket. What was asked and is not answered stays open.
  /// - Returns: the questions with their answers; nil when the ticket is not the one that is waited for.
  mutating func resumed(ticket: String, answers: (_ key: String) -> RawJSON?) -> [(Question, RawJSON)]? {
    guard phase == .held(ticket: ticket) else { return nil }
    phase = .attended(isAwaited: false)
    let answered = open.compactMap { question in answers(question.key).map { (question, $0) } }
    open.removeAll { question in answered.contains { $0.0.number == question.number } }
    return answered
  }

  // MARK: The work

  /// The server asks. Nil once the call is over.
  mutating func asked(_ method: String, _ params: RawJSON?) -> (Question, Step)? {
    guard phase != .ended, outcome == nil else { return nil }
    lastNumber += 1
    let question = Question(number: lastNumber, method: method, params: params)
    open.append(question)
    return (question, next())
  }

  /// A moment has passed since the first question. With `ticket` the call is held.
  mutating func gathered(ticket: String) -> Step {
    isGathering = false
    guard case .attended(isAwaited: true) = phase, outcome == nil, !open.isEmpty else { return next() }
    phase = .held(ticket: ticket)
    return .ask(open)
  }

  /// A moment has passed, and the call cannot be held.
  mutating func notHeld() -> Step {
    isGathering = false
    return next()
  }

  /// The question is not asked any more, by the server or because nobody can be asked.
  mutating func withdrawn(_ number: Int) { open.removeAll { $0.number == number } }

  /// A client that is asked already is not asked in vain: what it answers may be for another of its calls.
  mutating func finished(_ outcome: Outcome) -> Step {
    guard phase != .ended else { return .nothing }
    self.outcome = outcome
    if case .attended = phase { open = [] }
    return next()
  }

  // MARK: The end

  /// Nobody came back with the ticket in time.
  mutating func expired(ticket: String) -> Step { phase == .held(ticket: ticket) ? end() : .nothing }

  mutating func end() -> Step {
    guard phase != .ended else { return .nothing }
    phase = .ended
    open = []
    return .cancel
  }

  private mutating func next() -> Step {
    guard case .attended(isAwaited: true) = phase else { return .nothing }
    if let outcome {
      phase = .ended
      open = []
      return .finish(outcome)
    }
    guard !open.isEmpty, !isGathering else { return .nothing }
    isGathering = true
    return .gather
  }
}
