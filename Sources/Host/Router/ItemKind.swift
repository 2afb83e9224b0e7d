internal import JSON
internal import MCP

/// The kinds of things that an MCP server lists.
package enum ItemKind: String, Sendable, Hashable, CaseIterable {
  case tools, prompts, resources
  case resourceTemplates

  /// The method that lists them.
  package var listMethod: String {
    switch self {
    case .tools: MethodName.toolsList
    case .prompts: MethodName.promptsList
    case .resources: MethodName.resourcesList
    case .resourceTemplates: MethodName.resourceTemplatesList
    }
  }

  /// The list in that method's result.
  package var member: String { rawValue }

  /// The capability by which a server says that it has them.
  package var capability: String { self == .resourceTemplates ? "resources" : rawValue }

  /// The member by which an item is asked for.
  package var key: String {
    switch self {
    case .tools, .prompts: "name"
    case .resources: "uri"
    case .resourceTemplates: "uriTemplate"
    }
  }
}

/// What a client insists on in an item of a list. One item without it makes common clients refuse the list as a whole.
enum ItemShape {
  /// Whether the members that MCP knows are of the kind that MCP says. Unknown members are of no concern.
  static func isWellFormed(_ item: RawJSON, _ kind: ItemKind) -> Bool {
    guard item.kind == .object else { return false }
    if kind == .resources || kind == .resourceTemplates, item["name"]?.kind != .string { return false }
    return item.members.allSatisfy { name, value in
      guard let expected = name.stringValue.flatMap({ expected($0, kind) }) else { return true }
      return value.kind == expected || (value.isNull && name.stringValue != "inputSchema")
    }
  }

  private static func expected(_ member: String, _ kind: ItemKind) -> JSONKind? {
    switch member {
    case "name", "title", "description", "uri", "uriTemplate", "mimeType": .string
    case "inputSchema", "outputSchema", "annotations", "_meta": .object
    case "arguments" where kind == .prompts: .array
    case "icons": .array
    case "size" where kind == .resources: .number
    default: nil
    }
  }
}
