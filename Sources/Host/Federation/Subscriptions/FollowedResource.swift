internal import JSON
internal import MCP
internal import Synchronization

/// One resource of whose changes one client hears: where it is, under which name the client knows it, and on whose behalf.
final class FollowedResource: Sendable {
  /// As the client wrote it.
  let uri: String
  /// What stands before the server's own URIs for this client; nil: nothing.
  let uriPrefix: String?
  /// The wish, in the server's own names.
  let call: ForwardedRequest
  /// Of the request by which it was wished for, without the way back of that request.
  let request: RequestContext
  let capabilities: RawJSON?

  private struct State {
    var caller: Caller
    var server: ServerEntry
    /// What is followed, and the server's name for it; nil until the server has agreed.
    var following: (wish: UpstreamPool.Following.Wish, uri: String)?
    var isEnded = false
  }
  private let state: Mutex<State>

  init(uri: String, uriPrefix: String?, call: ForwardedRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext) {
    self.uri = uri
    self.uriPrefix = uriPrefix
    self.call = call
    self.request = request.with(session: request.session, link: nil)
    capabilities = request.link?.capabilities
    state = Mutex(State(caller: caller, server: server))
  }

  /// On whose behalf, under the configuration as it was when that was looked at last.
  var owner: (caller: Caller, server: ServerEntry) { state.withLock { ($0.caller, $0.server) } }

  /// The server agreed.
  /// - Returns: false when nobody wants it any more.
  func didFollow(_ wish: UpstreamPool.Following.Wish, _ uri: String) -> Bool {
    state.withLock { state in
      if !state.isEnded { state.following = (wish, uri) }
      return !state.isEnded
    }
  }

  func renew(_ caller: Caller, _ server: ServerEntry) { state.withLock { ($0.caller, $0.server) = (caller, server) } }

  var following: (wish: UpstreamPool.Following.Wish, uri: String)? { state.withLock { $0.following } }

  /// - Returns: what is to be left.
  func end() -> UpstreamPool.Following.Wish? {
    state.withLock { state in
      state.isEnded = true
      defer { state.following = nil }
      return state.following?.wish
    }
  }

  // MARK: Names

  /// The client's name for what the server says has changed: this resource, or something inside of it.
  func name(of updated: RawJSON) -> [UInt8] {
    if let text = updated.stringValue, text == following?.uri { return JSONValue.string(uri).serialized() }
    return uriPrefix.map { FederatedURI.prefixed(updated, with: $0) } ?? Array(updated.bytes)
  }
}
