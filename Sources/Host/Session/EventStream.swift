internal import MCP
internal import Synchronization

/// Messages on their way to one client, in order, as server-sent events: delivered while a connection carries them, and kept for one that comes back.
///
/// A named stream belongs to a legacy session: its events have ids, `<name>-<number>`, and the latest are kept, so that a client whose connection broke gets
/// what it missed (MCP transports, "Resumability and Redelivery"). A stream without a name lives as long as its connection. Usable from any thread.
package final class EventStream: Sendable {
  package enum Delivery: Sendable {
    /// Text of the event stream, whole events.
    case text([UInt8])
    case end
  }
  /// Takes deliveries in order. Called with the stream locked, so it only passes them on to its event loop.
  package typealias Carrier = @Sendable (Delivery) -> Void

  private struct Event {
    var number: Int
    var text: [UInt8]
  }
  private struct State {
    var kept: [Event] = []
    var keptBytes = 0
    var lastNumber = 0
    /// The last event that a connection has been given.
    var lastDelivered = 0
    var carrier: (number: Int, carry: Carrier)?
    var lastCarrier = 0
    var isEnded = false
    var onDetach: (@Sendable () -> Void)?
  }

  /// Unique in its session; nil: nothing is kept and events have no ids.
  package let name: Int?
  private let state = Mutex(State())

  package init(name: Int?) { self.name = name }

  package var isCarried: Bool { state.withLock { $0.carrier != nil } }
  package var isEnded: Bool { state.withLock { $0.isEnded } }

  /// - Parameter message: one JSON-RPC message. Dropped after the end.
  package func send(_ message: [UInt8]) { add { SSEEncoder.event(data: message, type: "message", id: $0) } }

  /// The path to post messages to: the first event of HTTP+SSE.
  package func announce(endpoint: String) { add { SSEEncoder.event(data: endpoint.utf8, type: "endpoint", id: $0) } }

  /// An event without data: tells the client an id to come back with before there is anything to say (2025-11-25).
  package func prime() { add { SSEEncoder.event(data: [], id: $0) } }

  private func add(_ event: (_ id: String?) -> [UInt8]) {
    state.withLock { state in
      guard !state.isEnded else { return }
      state.lastNumber += 1
      let text = event(name.map { "\($0)-\(state.lastNumber)" })
      if let carrier = state.carrier {
        carrier.carry(.text(text))
        state.lastDelivered = state.lastNumber
      }
      if name != nil { Self.keep(Event(number: state.lastNumber, text: text), &state) }
    }
  }

  private static func keep(_ event: Event, _ state: inout State) {
    state.kept.append(event)
    state.keptBytes += event.text.count
    while state.kept.count > Limits.Session.maxKeptEvents || state.keptBytes > Limits.Session.maxKeptEventBytes {
      state.keptBytes -= state.kept.removeFirst().text.count
    }
  }

  /// No further message comes. What is kept can still be fetched.
  package func end() {
    state.withLock { state in
      guard !state.isEnded else { return }
      state.isEnded = true
      state.carrier?.carry(.end)
      state.carrier = nil
    }
  }

  /// Gives the stream to a connection, beginning with the events after `number`; without one, after the last that was delivered.
  /// - Returns: what to end the carrying with; nil when another connection carries it.
  package func attach(after number: Int? = nil, _ carry: @escaping Carrier) -> Int? {
    state.withLock { state in
      guard state.carrier == nil else { return nil }
      for event in state.kept where event.number > number ?? state.lastDelivered { carry(.text(event.text)) }
      state.lastDelivered = state.lastNumber
      state.lastCarrier += 1
      if state.isEnded { carry(.end) } else { state.carrier = (state.lastCarrier, carry) }
      return state.lastCarrier
    }
  }

  /// Does something when the connection that carries the stream is gone.
  package func whenDetached(_ work: @escaping @Sendable () -> Void) { state.withLock { $0.onDetach = work } }

  /// The connection that got `number` from `attach` is gone.
  package func detach(_ number: Int) {
    let work = state.withLock { state -> (@Sendable () -> Void)? in
      guard state.carrier?.number == number else { return nil }
      state.carrier = nil
      return state.onDetach
    }
    work?()
  }

  /// Stream and number of an event id; nil for one that no stream of ours has.
  package static func parse(id: String) -> (stream: Int, number: Int)? {
    let parts = id.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count == 2, id.utf8.count <= 32, let stream = Int(String(parts[0]) ?? ""), let number = Int(String(parts[1]) ?? ""),
      stream >= 0, number >= 0
    else { return nil }
    return (stream, number)
  }
}
