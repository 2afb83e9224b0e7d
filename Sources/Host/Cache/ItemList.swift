package import JSON
package import NIOCore

/// The tools, prompts, resources or resource templates of one server as a caller may see them.
package struct ItemList: Sendable {
  package struct Item: Sendable {
    /// By which it is asked for: a name, a URI or a URI template.
    package var name: String
    /// The whole object, as the server wrote it.
    package var definition: RawJSON
    /// Clients can read it: see `ItemShape`.
    package var isWellFormed: Bool

    package init(_ kind: ItemKind, name: String, definition: RawJSON) {
      self.name = name
      self.definition = definition
      isWellFormed = ItemShape.isWellFormed(definition, kind)
    }
  }
  /// An item that a guardrail keeps back, and why.
  package struct Blocked: Sendable {
    package var name: String
    package var reasons: [String]
  }
  /// Where the list came from; the raw values are the words of the tools' answers.
  package enum Source: String, Sendable { case config, discovery }

  package var source: Source
  /// In the server's order.
  package var items: [Item]
  package var blocked: [Blocked]
  /// Set when the server itself was rejected; nothing of it can then be used.
  package var serverRejection: [String]
  package var expires: NIODeadline
  package var expiresUnixNanoseconds: UInt64
  private let names: Set<String>

  package init(source: Source, items: [Item], blocked: [Blocked], serverRejection: [String], lifetime: TimeAmount) {
    self.source = source
    self.items = items
    self.blocked = blocked
    self.serverRejection = serverRejection
    expires = .now() + lifetime
    expiresUnixNanoseconds = WallClock.nowUnixNanoseconds() &+ UInt64(max(lifetime.nanoseconds, 0))
    names = Set(items.map(\.name))
  }

  package func contains(_ name: String) -> Bool { names.contains(name) }
  package func isBlocked(_ name: String) -> Bool { blocked.contains { $0.name == name } }
}
