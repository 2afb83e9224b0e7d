package import JSON
package import MCP
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
    /// Of a tool: the arguments that clients of 2026-07-28 repeat in headers. Nil when there are none, or the annotations cannot be followed.
    package var parameterHeaders: ParameterHeaders?
    /// Of a tool: `outputSchema` is not for objects only (2026-07-28).
    package var hasPlainOutput = false

    package init(_ kind: ItemKind, name: String, definition: RawJSON) {
      self.name = name
      self.definition = definition
      isWellFormed = ItemShape.isWellFormed(definition, kind)
      guard kind == .tools else { return }
      parameterHeaders = Self.parameterHeaders(definition["inputSchema"])
      if let output = definition["outputSchema"] { hasPlainOutput = output["type"]?.stringValue != "object" }
    }

    /// Clients do not use a tool whose annotations are invalid as they say, so there is nothing to compare (MCP 2026-07-28, transports).
    private static func parameterHeaders(_ inputSchema: RawJSON?) -> ParameterHeaders? {
      do throws(ParameterHeaders.Invalid) {
        let headers = try ParameterHeaders(inputSchema: inputSchema)
        return headers.isEmpty ? nil : headers
      } catch {
        return nil
      }
    }
  }
  /// An item that a guardrail keeps back, and why.
  package struct Blocked: Sendable {
    package var name: String
    package var reasons: [String]
    /// Which guardrail found what, and where in the definition: `[{guardrail, type, member}]`.
    package var details: JSONValue = []

    /// What may be shown of the name: nothing when it is the name that is bad.
    var shownName: String {
      let isBad = details.arrayValue?.contains { ["name", "uri", "uriTemplate"].contains($0["member"]?.stringValue ?? "") } ?? false
      return isBad ? "(withheld)" : name
    }
  }
  /// A tool that is not what was accepted.
  package struct Awaiting: Sendable {
    package var name: String
    package var change: PinChange
    /// An accepted tool that is gone, and was the same but for its name.
    package var renamedFrom: String?
    /// It is not offered until an administrator approves it.
    package var isHeldBack: Bool
  }
  /// A tool with the name of another server's, which had it first.
  package struct Shadow: Sendable {
    package var name: String
    package var others: [String]
  }
  /// Where the list came from; the raw values are the words of the tools' answers.
  package enum Source: String, Sendable { case config, discovery }

  package var source: Source
  /// In the server's order.
  package var items: [Item]
  package var blocked: [Blocked]
  /// Set when the server itself was rejected; nothing of it can then be used.
  package var serverRejection: [String]
  /// Of the definitions that are kept from the caller, by the configuration or by a guardrail.
  package var withheldBytes = 0
  package var awaiting: [Awaiting] = []
  package var shadows: [Shadow] = []
  /// By tool, where something is checked by them.
  package var schemas: [String: ToolSchemas] = [:]
  package var expires: NIODeadline
  package var expiresUnixNanoseconds: UInt64
  private let names: Set<String>
  /// By tool; only those that have any.
  package let parameterHeaders: [String: ParameterHeaders]

  package init(source: Source, items: [Item], blocked: [Blocked], serverRejection: [String], lifetime: TimeAmount) {
    self.source = source
    self.items = items
    self.blocked = blocked
    self.serverRejection = serverRejection
    expires = .now() + lifetime
    expiresUnixNanoseconds = WallClock.nowUnixNanoseconds() &+ UInt64(max(lifetime.nanoseconds, 0))
    names = Set(items.map(\.name))
    parameterHeaders = Dictionary(
      items.compactMap { item in item.parameterHeaders.map { (item.name, $0) } }, uniquingKeysWith: { first, _ in first })
  }

  /// The list with some of its items only.
  func keeping(_ isKept: (Item) -> Bool) -> ItemList {
    var list = ItemList(source: source, items: items.filter(isKept), blocked: blocked, serverRejection: serverRejection, lifetime: .zero)
    list.withheldBytes = withheldBytes + items.definitionBytes - list.items.definitionBytes
    (list.expires, list.expiresUnixNanoseconds) = (expires, expiresUnixNanoseconds)
    return list
  }

  package func contains(_ name: String) -> Bool { names.contains(name) }
  package func isBlocked(_ name: String) -> Bool { blocked.contains { $0.name == name } }
}
