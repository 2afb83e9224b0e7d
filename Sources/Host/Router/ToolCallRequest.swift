package import JSON

/// One item of `tool_calls`: which tool, with which arguments.
package struct ToolCallRequest: Sendable {
  package var index: Int
  package var tool: String
  /// A JSON object, as the client wrote it.
  package var arguments: RawJSON

  /// Names by which clients call the same thing; the first that holds a value counts.
  private static let nameAliases = ["name", "tool_name", "tool", "function", "function_name", "function_id"]
  private static let argumentAliases = [
    "args", "arguments", "tool_arguments", "tool_input_arguments", "tool_args", "tool_input_args", "parameters", "input", "params",
  ]
  private static let noArguments = RawJSON(.object([:]))

  /// - Throws: a public sentence about what is wrong with the item.
  package init(_ item: RawJSON, index: Int) throws(GatewayError) {
    guard item.kind == .object else { throw GatewayError(.toolInvalidArguments, "Item \(index) of tool_calls is not an object.") }
    guard let name = Self.first(Self.nameAliases, of: item), let tool = name.stringValue else {
      throw GatewayError(
        .toolInvalidArguments, "No tool_name provided", suggestions: ["Give each item of tool_calls a \"name\" and an \"args\" object."])
    }
    let arguments = Self.first(Self.argumentAliases, of: item) ?? Self.noArguments
    guard arguments.kind == .object else {
      throw GatewayError(.toolInvalidArguments, "The arguments of item \(index) are not an object.", tool: tool)
    }
    self.index = index
    self.tool = tool
    self.arguments = arguments
  }

  private static func first(_ names: [String], of item: RawJSON) -> RawJSON? {
    for name in names {
      if let value = item[name], !isEmpty(value) { return value }
    }
    return nil
  }

  private static func isEmpty(_ value: RawJSON) -> Bool {
    switch value.kind {
    case .null: true
    case .string: value.bytes.count == 2
    case .object, .array: value.itemCount == 0
    case .bool: value.boolValue == false
    case .number: false
    }
  }
}
