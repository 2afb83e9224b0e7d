package import JSON
package import NIOHTTP1

/// What a message says of the trace that it belongs to, in headers of HTTP or in members of `_meta` of the same names (W3C Trace Context level 1, W3C Baggage).
package struct TraceCarrier: Sendable, Hashable {
  /// Only a well-formed one counts, so it is judged by `TraceContext`.
  package var traceparent: String?
  /// Means something together with `traceparent` only.
  package var tracestate: String?
  package var baggage: String?

  /// Names of the headers, and of the members of `_meta`.
  static let names: Set<String> = ["traceparent", "tracestate", "baggage"]

  package init(traceparent: String? = nil, tracestate: String? = nil, baggage: String? = nil) {
    self.traceparent = traceparent
    self.tracestate = tracestate.flatMap { Self.bounded($0, Limits.Telemetry.maxTraceStateBytes) }
    self.baggage = baggage.flatMap { Self.bounded($0, Limits.Telemetry.maxBaggageBytes) }
  }

  package init(_ headers: HTTPHeaders) {
    let parent = headers.first(name: "traceparent")
    self.init(
      traceparent: parent, tracestate: parent == nil ? nil : Self.joined(headers["tracestate"]), baggage: Self.joined(headers["baggage"]))
  }

  /// - Parameter meta: `_meta` of a request.
  package init(_ meta: RawJSON?) {
    self.init(
      traceparent: meta?["traceparent"]?.stringValue, tracestate: meta?["tracestate"]?.stringValue, baggage: meta?["baggage"]?.stringValue)
  }

  /// Several headers of these names are one list (RFC 9110 section 5.3).
  private static func joined(_ values: [String]) -> String? { values.isEmpty ? nil : values.joined(separator: ",") }

  /// Nil for what does not fit a header: too much, or other than visible ASCII and blanks.
  private static func bounded(_ text: String, _ limitBytes: Int) -> String? {
    (1...limitBytes).contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } ? text : nil
  }

  /// The headers that say the same.
  var fields: [(name: String, value: String)] {
    [("traceparent", traceparent), ("tracestate", tracestate), ("baggage", baggage)].compactMap { name, value in
      value.map { (name, $0) }
    }
  }
}

extension RequestContext {
  /// The same as part of the trace that `_meta` of its message names. What the transport's headers said comes first.
  func traced(by meta: RawJSON?) -> RequestContext {
    guard meta != nil else { return self }
    let said = TraceCarrier(meta)
    var (trace, state) = (trace, tracestate)
    if !trace.isContinued, let parent = said.traceparent {
      trace = TraceContext(traceparent: parent)
      state = trace.isContinued ? said.tracestate : nil
    }
    guard trace != self.trace || (baggage == nil && said.baggage != nil) else { return self }
    return with(trace: trace, tracestate: state, baggage: baggage ?? said.baggage)
  }

  /// What a server is told: the work done here is the parent of its own.
  func outgoing(to server: ServerEntry) -> TraceCarrier {
    TraceCarrier(traceparent: traceparent, tracestate: tracestate, baggage: server.forwardsBaggage ? baggage : nil)
  }
}
