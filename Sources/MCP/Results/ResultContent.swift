package import JSON

/// Where results hold content blocks and resource contents, by the method that they answer.
package enum ResultContent {
  /// The content blocks of a `tools/call` or `prompts/get` result; none for other methods.
  package static func blocks(in result: RawJSON, of method: String) -> [RawJSON] {
    switch method {
    case MethodName.toolsCall: Array(result["content"]?.elements ?? none)
    case MethodName.promptsGet:
      (result["messages"]?.elements ?? none).flatMap { message -> [RawJSON] in
        guard let content = message["content"] else { return [] }
        // One block; some servers write a list.
        return content.kind == .array ? Array(content.elements) : [content]
      }
    default: []
    }
  }

  /// The contents of a `resources/read` result; none for other methods.
  package static func resources(in result: RawJSON, of method: String) -> [RawJSON] {
    method == MethodName.resourcesRead ? Array(result["contents"]?.elements ?? none) : []
  }

  private static let none = RawJSON(.array([])).elements
}
