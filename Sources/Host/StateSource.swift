internal import Synchronization

/// The gateway's current state. Looked at by every request, so that an edit of the configuration, a disabled key included, counts from the next call.
package final class StateSource: Sendable {
  private let store: ConfigStore
  private let pins: PinBook
  private let state: Mutex<GatewayState>

  package init(store: ConfigStore, initial: GatewayState, pins: PinBook) {
    self.pins = pins
    self.store = store
    state = Mutex(initial)
  }

  /// The state that fits the file as it is now. When the file cannot be used, the last good one goes on.
  package func current() async throws(GatewayError) -> GatewayState {
    _ = await store.current()
    let state = state.withLock { $0 }
    // What an administrator approves counts at once where it matters.
    if state.enforcesPins { await pins.refresh() }
    return state
  }

  /// The state in effect, without looking at the file.
  package var latest: GatewayState { state.withLock { $0 } }

  package func replace(_ new: GatewayState) { state.withLock { $0 = new } }
}
