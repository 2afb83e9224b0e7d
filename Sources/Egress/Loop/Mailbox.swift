internal import Glibc
internal import Synchronization

/// What tasks ask of the loop's thread. Bounded by the transfers admitted: each is started once, aborted once, and resumed once a pause.
final class Mailbox: Sendable {
  enum Command: Sendable {
    case start(UInt64, PreparedRequest, Exchange)
    case resume(UInt64)
    case abort(UInt64)
  }

  /// Interrupts the loop's wait.
  struct Waker: Sendable {
    let descriptor: Int32

    func wake() {
      var one: UInt64 = 1
      // Cannot block; fails only if the counter is full, and then the loop wakes anyway.
      _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }
  }

  private struct State {
    var commands: [Command] = []
    /// Until the loop ends.
    var waker: Waker?
    var isClosing = false
    var isFinished = false
    var lastID: UInt64 = 0
    var transfers = 0
  }

  private let state: Mutex<State>
  private let maxTransfers: Int

  init(maxTransfers: Int) {
    self.maxTransfers = maxTransfers
    state = Mutex(State())
  }

  // MARK: Any thread

  /// Makes room for a transfer and names it.
  func admit() throws(EgressError) -> UInt64 {
    let admission = state.withLock { state -> Result<UInt64, EgressError> in
      if state.isClosing { return .failure(.shuttingDown) }
      if state.transfers >= maxTransfers { return .failure(.overloaded(limit: maxTransfers)) }
      state.transfers += 1
      state.lastID += 1
      return .success(state.lastID)
    }
    return try admission.get()
  }

  /// The transfer that was admitted is over.
  func release() {
    state.withLock { $0.transfers -= 1 }
  }

  var transfers: Int { state.withLock { $0.transfers } }

  /// False if the loop has ended and takes nothing any more.
  @discardableResult
  func post(_ command: Command) -> Bool {
    state.withLock { state in
      guard !state.isFinished else { return false }
      state.commands.append(command)
      if state.commands.count == 1 { state.waker?.wake() }
      return true
    }
  }

  func close() {
    state.withLock { state in
      state.isClosing = true
      state.waker?.wake()
    }
  }

  // MARK: The loop's thread

  /// From now on posting wakes the loop.
  func open(_ waker: Waker) {
    state.withLock { $0.waker = waker }
  }

  func take() -> (commands: [Command], isClosing: Bool) {
    state.withLock { state in
      defer { state.commands = [] }
      return (state.commands, state.isClosing)
    }
  }

  /// The last commands; the waker is not used after this.
  func finish() -> [Command] {
    state.withLock { state in
      state.isClosing = true
      state.isFinished = true
      state.waker = nil
      defer { state.commands = [] }
      return state.commands
    }
  }
}
