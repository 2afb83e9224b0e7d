package import JSON

/// The `Mcp-Param-…` headers that calls of a server's tools need, learned from its `tools/list` results.
package struct ToolHeaders: Sendable {
  private var rules: [String: ParameterHeaders] = [:]

  package init() {}

  /// Whether the tool was listed.
  package func knows(_ tool: String) -> Bool { rules[tool] != nil }

  package func fields(for tool: String, arguments: RawJSON?) -> [(name: String, value: String)] {
    rules[tool]?.fields(for: arguments) ?? []
  }

  /// Learns from a `tools/list` result. Tools whose annotations are invalid must not be used: they are taken out of the result.
  package mutating func take(_ result: RawJSON) throws(JSONError) -> (result: RawJSON, dropped: [String]) {
    guard let tools = result["tools"], tools.kind == .array else { return (result, []) }
    var kept: [RawJSON] = []
    var dropped: [String] = []
    for element in tools.elements {
      let name = element["name"]?.stringValue ?? ""
      do throws(ParameterHeaders.Invalid) {
        rules[name] = try ParameterHeaders(inputSchema: element["inputSchema"])
        kept.append(element)
      } catch {
        rules[name] = nil
        dropped.append(name)
      }
    }
    guard !dropped.isEmpty else { return (result, []) }
    var list = JSONWriter(reservingBytes: tools.bytes.count)
    list.array { list in
      for tool in kept { list.raw(tool) }
    }
    return (try result.replacing([(tools, list.bytes)]), dropped)
  }
}
