internal import JSON
internal import MCP

/// A list that clients can ask to hear changes of.
package enum ListChange: String, Sendable, CaseIterable {
  case tools, prompts, resources

  /// Of the notification.
  package var method: String { "notifications/\(rawValue)/list_changed" }

  package init?(method: String) {
    guard let change = Self.allCases.first(where: { $0.method == method }) else { return nil }
    self = change
  }

  /// The member by which `subscriptions/listen` asks for it.
  var filter: String { rawValue + "ListChanged" }

  /// The notification for a session, or for the stream of a subscription, which carries the id of the request that opened it.
  func notification(subscription: RequestID? = nil) -> [UInt8] {
    guard let subscription else { return Encode.notification(method: method) }
    var writer = JSONWriter()
    writer.object { params in
      params.key("_meta")
      params.object { $0.subscription(subscription) }
    }
    return Encode.notification(method: method, params: writer.bytes)
  }
}

extension JSONWriter {
  mutating func subscription(_ id: RequestID) {
    key(MetaKey.subscriptionID)
    raw(id.encoded())
  }
}
