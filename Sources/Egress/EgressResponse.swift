/// The head of an answer, and the body that follows it.
///
/// Letting go of the response before the body's end breaks the transfer off and frees its connection.
package struct EgressResponse: Sendable {
  package let status: Int
  /// Names in lower case, repeats kept, in the order of arrival.
  package let headers: [(name: String, value: String)]
  package let isHTTP2: Bool
  /// Whether a connection of an earlier request served this one.
  package let usedPooledConnection: Bool
  package let body: EgressBody

  init(_ head: ResponseHead, body: EgressBody) {
    status = head.status
    headers = head.headers
    isHTTP2 = head.isHTTP2
    usedPooledConnection = head.usedPooledConnection
    self.body = body
  }

  /// The value of the first header of this name, which is given in lower case.
  package func header(_ name: String) -> String? {
    headers.first { $0.name == name }?.value
  }
}

/// What arrives before the body.
struct ResponseHead: Sendable {
  let status: Int
  let isHTTP2: Bool
  var headers: [(name: String, value: String)] = []
  var usedPooledConnection = false
}
