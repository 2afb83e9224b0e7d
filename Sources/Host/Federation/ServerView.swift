/// Which of the caller's servers a request sees, by the path that it was sent to.
package enum ServerView: Sendable, Hashable {
  /// The endpoint itself: all servers, as `exposure` says.
  case all
  /// `<endpoint>/servers/<name>`: one server under its own names.
  case server(String)

  /// - Parameters:
  ///   - path: of the request, as sent, without its query.
  ///   - endpoint: the path at which MCP is served.
  /// - Returns: nil when nothing is served at that path.
  package init?(path: String, under endpoint: String) {
    guard path.utf8.starts(with: endpoint.utf8) else { return nil }
    var rest = Array(path.utf8.dropFirst(endpoint.utf8.count))
    if endpoint == "/" { rest.insert(UInt8(ascii: "/"), at: 0) }
    if rest.last == UInt8(ascii: "/") { rest.removeLast() }
    guard !rest.isEmpty else {
      self = .all
      return
    }
    let folder = Array("/servers/".utf8)
    guard rest.starts(with: folder), case let name = rest.dropFirst(folder.count), !name.isEmpty, !name.contains(UInt8(ascii: "/")),
      let decoded = FederatedURI.decoded(name)
    else { return nil }
    self = .server(decoded)
  }
}
