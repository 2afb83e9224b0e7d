internal import MCP
internal import Synchronization

/// How the messages of one request get to its client, whatever the transport. Usable from any thread.
package protocol ClientChannel: Sendable {
  /// A message before the answer.
  func send(_ message: [UInt8])

  /// A message that belongs to no request in flight any more.
  func sendApart(_ message: [UInt8])

  /// The answer, if it has to follow the messages that were sent on their way; else false, and it goes out as an answer does.
  func finish(_ message: [UInt8]) -> Bool
}

/// Over HTTP: the first message makes the answer an event stream, and then the answer is its last event.
final class EventStreamChannel: ClientChannel {
  private let session: Session?
  /// Hands the stream to the connection; from any thread.
  private let carry: @Sendable (EventStream) -> Void
  private let stream = Mutex<EventStream?>(nil)

  init(_ session: Session?, carry: @escaping @Sendable (EventStream) -> Void) {
    self.session = session
    self.carry = carry
  }

  func send(_ message: [UInt8]) {
    let (stream, isNew) = self.stream.withLock { current in
      if let current { return (current, false) }
      let stream = session?.openStream() ?? EventStream(name: nil)
      current = stream
      return (stream, true)
    }
    if isNew {
      if session?.revision == .v2025_11_25 { stream.prime() }
      carry(stream)
    }
    stream.send(message)
  }

  func sendApart(_ message: [UInt8]) { session?.standalone.send(message) }

  func finish(_ message: [UInt8]) -> Bool {
    guard let stream = stream.withLock({ $0 }) else { return false }
    stream.send(message)
    stream.end()
    return true
  }
}
