/// One request, as far as it was read: the body waits until it is known who asks.
package struct RESTRequest: Sendable {
  /// In upper case.
  package var method: String
  /// As it was sent, without the query.
  package var path: String
  /// As it was sent, without the question mark.
  package var query: String
  /// Names in lower case, `host` included.
  package var headers: [(name: String, value: String)]
  /// Address of the client, without its port.
  package var peer: String
  /// Reads the body, within its bounds of size and time. Called once at most.
  package var body: @Sendable () async throws(BodyFailure) -> [UInt8]

  package init(
    method: String, path: String, query: String = "", headers: [(name: String, value: String)] = [], peer: String = "",
    body: @escaping @Sendable () async throws(BodyFailure) -> [UInt8] = { () throws(BodyFailure) in [] }
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.peer = peer
    self.body = body
  }

  package func values(of name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }
  package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Why a body is not there.
package enum BodyFailure: Error, Sendable {
  case tooLarge
  /// Not within the time limit.
  case late
  /// The connection ended before it was whole.
  case incomplete
  /// Too many bodies are held at once.
  case crowded
}

/// One answer.
package struct RESTAnswer: Sendable {
  package var status: Int
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]

  package init(_ status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}
