/// Reads a `text/event-stream` (WHATWG HTML §9.2.6) from pieces cut anywhere. Lines may end in CR, LF or CRLF; a BOM at the very
/// start is skipped; comments and unknown fields are dropped; an event that the stream's end cuts off is never delivered.
package struct SSEDecoder: Sendable {
  /// An event, or a single line of it, is larger than allowed. Every later `append` throws as well.
  package struct EventTooLarge: Error, Sendable, Equatable, CustomStringConvertible {
    package let limit: Int

    package init(limit: Int) { self.limit = limit }

    package var description: String { "a server-sent event is larger than \(limit) bytes" }
  }

  /// The id to send as `Last-Event-ID` when reconnecting. Empty if the server never gave one.
  package private(set) var lastEventID = ""
  /// The reconnection time the server asked for last.
  package private(set) var retryMilliseconds: Int?

  /// A longer id is ignored, as one with a NUL is: it has to fit into a request header.
  package static let maxIDBytes = 1024

  private let maxEventBytes: Int
  private var line: [UInt8] = []
  private var isFirstLine = true
  private var previousWasCarriageReturn = false
  private var type = ""
  private var data: [UInt8] = []
  private var pendingEventID = ""
  private var ready: [SSEEvent] = []
  private var nextReady = 0
  private var hasFailed = false

  package init(maxEventBytes: Int) { self.maxEventBytes = maxEventBytes }

  /// Takes the next piece; read all of its events with `next()` before the following one. Events before one that is too large can still
  /// be read.
  package mutating func append(_ bytes: some Collection<UInt8>) throws(EventTooLarge) {
    guard !hasFailed else { throw EventTooLarge(limit: maxEventBytes) }
    var rest = Array(bytes)[...]
    while let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
      let isSecondHalfOfCRLF = previousWasCarriageReturn && end == rest.startIndex && rest[end] == 0x0A
      previousWasCarriageReturn = rest[end] == 0x0D
      if !isSecondHalfOfCRLF {
        try extendLine(rest[..<end])
        endLine()
      }
      rest = rest[(end + 1)...]
    }
    if !rest.isEmpty {
      previousWasCarriageReturn = false
      try extendLine(rest)
    }
  }

  /// The next event, or nil until more bytes arrive.
  package mutating func next() -> SSEEvent? {
    guard nextReady < ready.count else { return nil }
    let event = ready[nextReady]
    nextReady += 1
    if nextReady == ready.count {
      ready.removeAll(keepingCapacity: true)
      nextReady = 0
    }
    return event
  }

  private mutating func extendLine(_ bytes: ArraySlice<UInt8>) throws(EventTooLarge) {
    guard bytes.count <= maxEventBytes - line.count - data.count else {
      hasFailed = true
      line = []
      data = []
      throw EventTooLarge(limit: maxEventBytes)
    }
    line.append(contentsOf: bytes)
  }

  private mutating func endLine() {
    var text = line[...]
    if isFirstLine, text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
    isFirstLine = false
    line = []
    if text.isEmpty {
      dispatch()
    } else if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
      var value = text[(colon + 1)...]
      if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
      field(text[..<colon], value)
    } else {
      field(text, [])
    }
  }

  /// An empty name is a comment and, like an unknown one, ignored. The line's size was checked, and it was longer than what is kept of it.
  private mutating func field(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
    switch String(decoding: name, as: UTF8.self) {
    case "data":
      data.append(contentsOf: value)
      data.append(0x0A)
    case "event": type = String(decoding: value, as: UTF8.self)
    case "id" where value.count <= Self.maxIDBytes && !value.contains(0): pendingEventID = String(decoding: value, as: UTF8.self)
    case "retry" where !value.isEmpty && value.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }):
      if let milliseconds = Int(String(decoding: value, as: UTF8.self)) { retryMilliseconds = milliseconds }
    default: break
    }
  }

  private mutating func dispatch() {
    lastEventID = pendingEventID
    defer { type = "" }
    guard !data.isEmpty else { return }
    data.removeLast()
    ready.append(SSEEvent(type: type.isEmpty ? "message" : type, data: data, lastEventID: lastEventID))
    data = []
  }
}
