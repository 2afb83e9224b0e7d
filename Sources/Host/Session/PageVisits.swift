internal import JSON
package import MCP
internal import Synchronization

/// Web pages that servers asked clients of older revisions to visit (elicitation by URL, 2025-11-25), so that a server that says later, in no call, that one is
/// done is heard by the client that was asked, and by nobody else.
package final class PageVisits: Sendable {
  private struct Key: Hashable {
    let configID: String
    let server: String
    let elicitation: String
  }
  private struct State {
    var waiting: [Key: @Sendable ([UInt8]) -> Void] = [:]
    /// Oldest first; some may be over.
    var order: [Key] = []
  }
  private let state = Mutex(State())

  package init() {}

  /// - Parameters:
  ///   - params: of the elicitation; one that is no visit, or has no usable id, is not remembered.
  ///   - tell: how the client is reached outside of its requests.
  func begin(_ params: RawJSON?, of server: (configID: String, name: String), tell: @escaping @Sendable ([UInt8]) -> Void) {
    guard params?["mode"]?.stringValue == "url", let id = params?["elicitationId"]?.stringValue,
      id.utf8.count <= Limits.Bridge.maxElicitationIDBytes
    else { return }
    let key = Key(configID: server.configID, server: server.name, elicitation: id)
    state.withLock { state in
      if state.waiting.updateValue(tell, forKey: key) == nil { state.order.append(key) }
      while state.order.count > Limits.Bridge.maxPageVisits { state.waiting[state.order.removeFirst()] = nil }
    }
  }

  /// `notifications/elicitation/complete` goes to the client that was asked, once. Nothing of it but the id.
  package func note(_ notification: Notification, configID: String, server: String) {
    guard notification.method == MethodName.elicitationComplete, let id = notification.params?["elicitationId"]?.stringValue else { return }
    let tell = state.withLock { state in
      let key = Key(configID: configID, server: server, elicitation: id)
      state.order.removeAll { $0 == key }
      return state.waiting.removeValue(forKey: key)
    }
    let params: JSONValue = ["elicitationId": .string(id)]
    tell?(Encode.notification(method: MethodName.elicitationComplete, params: params.serialized()))
  }
}
