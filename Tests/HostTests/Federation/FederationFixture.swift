import JSON
import NIOCore
import Testing

@testable import Host

/// Servers as a configuration would have them, without anything behind them.
func servers(_ names: [String], _ members: String = "") throws -> MCPConfig {
  let entries = names.map { #"{"server_name": \#(JSONValue.string($0).serializedString()), "config": {"command": "run"}}"# }
  let text = #"{"mcp_configs": {"c": {"mcp_config_name": "n", "mcp_config": [\#(entries.joined(separator: ","))]\#(members)}}}"#
  return try #require(try readConfig(text).config.mcpConfigs["c"])
}

func raw(_ text: String) throws -> RawJSON { try RawJSON(validating: Array(text.utf8)) }

extension RawJSON {
  var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// A discovered list.
func discovered(_ kind: ItemKind, _ definitions: [String], rejection: [String] = []) throws -> ItemList {
  let items = try definitions.map { definition in
    let definition = try raw(definition)
    return ItemList.Item(kind, name: try #require(definition[kind.key]?.stringValue), definition: definition)
  }
  return ItemList(source: .discovery, items: items, blocked: [], serverRejection: rejection, lifetime: .hours(1))
}
