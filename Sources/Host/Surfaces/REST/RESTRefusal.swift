internal import RESTServer

extension RESTAnswer {
  static func json(_ status: Int, _ body: [UInt8], headers: [(name: String, value: String)] = []) -> RESTAnswer {
    RESTAnswer(status, headers: [("content-type", "application/json")] + headers, body: body)
  }
}

/// Why a request is not done: what the client is told, and with which status.
package struct RESTRefusal: Error, Sendable {
  package var status: Int
  package var error: GatewayError
  package var headers: [(name: String, value: String)] = []

  package init(_ status: Int, _ error: GatewayError, headers: [(name: String, value: String)] = []) {
    self.status = status
    self.error = error
    self.headers = headers
  }

  /// A request that cannot be understood or may not be made so.
  init(_ status: Int, _ message: String, suggestions: [String] = [], headers: [(name: String, value: String)] = []) {
    self.init(status, GatewayError(.toolInvalidArguments, message, suggestions: suggestions), headers: headers)
  }

  /// 422 with the place of what is wrong.
  static func wrong(_ field: String, _ message: String, suggestions: [String] = []) -> RESTRefusal {
    var error = GatewayError(.toolInvalidArguments, message, suggestions: suggestions)
    error.field = field
    return RESTRefusal(422, error)
  }

  /// A body that did not arrive as it should.
  init(_ failure: BodyFailure, maxBytes: Int) {
    switch failure {
    case .tooLarge: self.init(413, "The body is larger than the limit of \(maxBytes) bytes (admin_api.max_body_bytes).")
    case .late: self.init(408, "The body did not arrive within the time limit.")
    case .incomplete: self.init(400, "The body did not arrive whole.")
    case .crowded:
      self.init(
        503, GatewayError(.unavailable, "Too many request bodies are arriving at once. Try again."), headers: [("retry-after", "1")])
    }
  }
}
