internal import Synchronization

/// What a provider writes while `create` runs. Closed when `create` returns; what comes later is dropped.
final class ErrorSink: Sendable {
  private struct State {
    var text: [UInt8] = []
    var isOpen = false
  }
  private let state = Mutex(State())

  func open() { state.withLock { $0 = State(text: [], isOpen: true) } }

  func write(_ bytes: UnsafeBufferPointer<UInt8>) {
    state.withLock { state in
      guard state.isOpen else { return }
      state.text.append(contentsOf: bytes.prefix(Limits.Plugin.maxMessageBytes - state.text.count))
    }
  }

  /// Ends it and gives what was written.
  func close() -> String {
    state.withLock { state in
      state.isOpen = false
      return String(decoding: state.text, as: UTF8.self)
    }
  }
}
