internal import NIOCore
package import NIOHTTP1

/// One whole HTTP request, its body within bounds.
package struct HTTPRequest: Sendable {
  package var method: HTTPMethod
  /// Path without the query.
  package var path: String
  package var headers: HTTPHeaders
  package var body: [UInt8]
  /// "203.0.113.7:50211" or "[::1]:50211".
  package var peer: String

  package init(method: HTTPMethod, path: String, headers: HTTPHeaders, body: [UInt8], peer: String) {
    self.method = method
    self.path = path
    self.headers = headers
    self.body = body
    self.peer = peer
  }

  /// The value of a header that may stand only once; nil when absent, the first of several.
  package func header(_ name: String) -> String? { headers.first(name: name) }
}

/// One whole HTTP answer.
package struct HTTPAnswer: Sendable {
  package var status: HTTPResponseStatus
  package var headers: HTTPHeaders
  package var body: [UInt8]
  /// The answer is an event stream that the exchange carries; nothing else of this counts.
  package private(set) var isCarried = false

  package init(_ status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// An event stream, begun by ``HTTPExchange/carry(_:after:)``, goes on until it ends.
  package static var carried: HTTPAnswer {
    var answer = HTTPAnswer(.ok)
    answer.isCarried = true
    return answer
  }

  /// A JSON body, never cached by anyone in between.
  package static func json(_ status: HTTPResponseStatus = .ok, _ body: [UInt8], headers: HTTPHeaders = [:]) -> HTTPAnswer {
    var headers = headers
    headers.add(name: "content-type", value: "application/json")
    headers.add(name: "cache-control", value: "no-store")
    return HTTPAnswer(status, headers: headers, body: body)
  }
}

/// What a transport learns about one exchange while it is under way. Confined to the connection's event loop.
package final class HTTPExchange {
  /// 2026-07-28: the client closing its connection cancels the request. In earlier revisions it does not.
  package var isCancelledByDisconnect = false
  var onCarry: ((EventStream, Int?) -> Bool)?
  var onCancel: (() -> Void)?
  /// Counts work that goes on after the answer, so that a listener that stops waits for it.
  var connections: OpenConnections?

  package init() {}

  /// Makes the answer an event stream (`text/event-stream`), fed by `stream` from the events after `number` on.
  /// - Returns: false when the client is gone or somebody else carries the stream.
  package func carry(_ stream: EventStream, after number: Int? = nil) -> Bool { onCarry?(stream, number) ?? false }

  /// ``carry(_:after:)`` for use from any thread.
  static func carrier(_ exchange: NIOLoopBound<HTTPExchange>) -> @Sendable (EventStream) -> Void {
    let eventLoop = exchange.eventLoop
    return { stream in
      if eventLoop.inEventLoop { _ = exchange.value.carry(stream) } else { eventLoop.execute { _ = exchange.value.carry(stream) } }
    }
  }

  /// Cancels the task that works on the request.
  package func cancel() { onCancel?() }
}
