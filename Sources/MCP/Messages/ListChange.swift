package import JSON

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
  package var filter: String { rawValue + "ListChanged" }

  /// The notification for a session, or for the stream of a subscription, which carries the id of the request that opened it.
  package func notification(subscription: RequestID? = nil) -> [UInt8] {
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
  /// The member of `_meta` that names a subscription, by the id of the request that opened it.
  package mutating func subscription(_ id: RequestID) {
    key(MetaKey.subscriptionID)
    raw(id.encoded())
  }
}
