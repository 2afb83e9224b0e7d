internal import JSON

/// What definitions of tools cost a model that is shown all of them, estimated: a token for every four bytes of JSON.
struct ToolTokens {
  private static let bytesPerToken = 4

  /// Of the tools that the caller may use.
  private var offeredBytes = 0
  /// Of those that the configuration or a guardrail keeps back.
  private var withheldBytes = 0

  mutating func add(_ list: ItemList) {
    offeredBytes += list.items.definitionBytes
    withheldBytes += list.withheldBytes
  }

  /// `saved_by_filters`: what `denied_tools`, `allowed_tools` and guardrails keep out. `saved_by_gateway_tools`: what a client is spared whose configuration
  /// exposes the gateway's own tools alone, and finds others by searching.
  var document: JSONValue {
    let offered = tokens(offeredBytes)
    let gateway = tokens(GatewayTool.listed.reduce(0) { $0 + $1.definition.bytes.count })
    return [
      "offered": .int(offered), "saved_by_filters": .int(tokens(withheldBytes)), "gateway_tools": .int(gateway),
      "saved_by_gateway_tools": .int(max(0, offered - gateway)),
    ]
  }

  private func tokens(_ bytes: Int) -> Int { (bytes + Self.bytesPerToken - 1) / Self.bytesPerToken }
}
