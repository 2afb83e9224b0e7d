internal import MCP
internal import NIOCore

/// What a conversation over HTTP guards: its calls, the tasks that serve them, and how far its life has come.
struct RemoteState: Sendable {
  typealias Waiter = CheckedContinuation<Result<UpstreamReply, CallFailure>, Never>

  enum Phase: Sendable {
    case opening, open
    /// Takes no further call; ends when those in flight are done.
    case closing
    /// Nothing is begun any more, but for the farewell.
    case ended
  }

  /// What a task is for.
  enum Work: Sendable, Equatable {
    case opening
    case call(Int)
    /// A stream that belongs to the session and not to a call.
    case stream
    /// The subscription of 2026-07-28 of this number.
    case listening(Int)
    /// A message that is not waited for.
    case message
    case farewell
  }

  struct Question: Sendable {
    /// On whose stream it came, and with which it ends; nil: it may be any call's.
    let call: Int?
    var withdraw: @Sendable () -> Void
  }

  var phase = Phase.opening
  var channel: RemoteChannel?
  var greeting: ServerGreeting?
  var calls = PendingCalls<Waiter>()
  /// Questions of the server that its client has not answered yet.
  var questions: [RequestID: Question] = [:]
  var toolHeaders = ToolHeaders()
  /// In a conversation of 2026-07-28.
  var listening: ServerListening?
  /// Whether the server is to be told when the session is over.
  var owesFarewell = false
  var timer: Scheduled<Void>?
  var timerDeadline = NIODeadline.distantFuture
  private var tasks: [UInt64: (work: Work, task: Task<Void, Never>)] = [:]
  private var lastTask: UInt64 = 0
  private var isGone = false

  // MARK: Tasks

  mutating func newTask() -> UInt64 {
    lastTask += 1
    return lastTask
  }

  mutating func add(_ number: UInt64, _ work: Work, _ task: Task<Void, Never>) { tasks[number] = (work, task) }

  /// True once: nothing is left.
  mutating func didFinish(_ number: UInt64) -> Bool {
    tasks[number] = nil
    return becameGone()
  }

  mutating func becameGone() -> Bool {
    guard phase == .ended, tasks.isEmpty, !isGone else { return false }
    isGone = true
    return true
  }

  func tasks(_ matches: (Work) -> Bool) -> [Task<Void, Never>] { tasks.values.filter { matches($0.work) }.map(\.task) }

  var messagesUnderWay: Int { tasks.values.count { $0.work == .message } }

  // MARK: Calls

  /// Takes a call out, with what its server asked meanwhile.
  mutating func removeCall(_ id: Int) -> (waiter: Waiter, questions: [Question])? {
    guard let waiter = calls.remove(id) else { return nil }
    return (waiter, removeQuestions { $0 == id })
  }

  mutating func removeCalls() -> (waiters: [Waiter], questions: [Question]) { (calls.removeAll(), removeQuestions { _ in true }) }

  private mutating func removeQuestions(where matches: (Int) -> Bool) -> [Question] {
    guard !questions.isEmpty else { return [] }
    let found = questions.filter { $0.value.call.map(matches) ?? (calls.count == 0) }
    for id in found.keys { questions[id] = nil }
    return Array(found.values)
  }
}
