/// One server-sent event (WHATWG HTML §9.2).
package struct SSEEvent: Sendable, Equatable {
  /// "message" unless the stream named another.
  package var type: String
  /// The data lines joined by LF; for MCP one JSON message, or nothing in a priming event.
  package var data: [UInt8]
  /// The last event id at the time of this event: its own, or one set before. Empty if none ever was.
  package var lastEventID: String

  package init(type: String = "message", data: [UInt8], lastEventID: String = "") {
    self.type = type
    self.data = data
    self.lastEventID = lastEventID
  }
}
