package import NIOCore
internal import NIOPosix
internal import Synchronization

/// Notes when gateway keys are used. Written now and then, and at the end: a gateway that is killed forgets the last moments. Usable from any thread.
package final class KeyUses: Sendable {
  private struct State {
    /// Not written yet.
    var pending: [String: Int64] = [:]
    var isWriteDue = false
    var failure: String?
  }
  private let file: KeyUseFile
  private let eventLoop: any EventLoop
  private let log: Log
  private let state = Mutex(State())

  package init(configPath: String, eventLoop: any EventLoop, log: Log) {
    file = KeyUseFile(configPath: configPath)
    self.eventLoop = eventLoop
    self.log = log
  }

  /// A key was accepted.
  func note(_ keyID: String, unixSeconds: Int64 = KeyDirectory.wallClock()) {
    let isFirst = state.withLock { state in
      guard state.pending[keyID] != nil || state.pending.count < Limits.Auth.maxKeyUses else { return false }
      state.pending[keyID] = unixSeconds
      defer { state.isWriteDue = true }
      return !state.isWriteDue
    }
    if isFirst { eventLoop.scheduleTask(in: Limits.Auth.keyUseInterval) { Task { await self.write() } } }
  }

  /// Writes what is not written yet.
  package func write() async {
    do {
      try await NIOThreadPool.singleton.runIfActive { self.writeNow() }
    } catch {
      log.warning("When keys were last used cannot be written while the gateway stops")
    }
  }

  private func writeNow() {
    let pending = state.withLock { state in
      defer { (state.pending, state.isWriteDue) = ([:], false) }
      return state.pending
    }
    guard !pending.isEmpty else { return }
    do throws(GatewayError) {
      try file.merge(pending)
      state.withLock { $0.failure = nil }
    } catch {
      let isNew = state.withLock { state in
        defer { state.failure = error.message }
        return state.failure != error.message
      }
      guard isNew else { return }
      log.warning(
        "Keys' last uses are not recorded",
        ["reason": error.message, "cause": error.cause ?? "", "remedy": error.suggestions.joined(separator: " ")])
    }
  }
}
