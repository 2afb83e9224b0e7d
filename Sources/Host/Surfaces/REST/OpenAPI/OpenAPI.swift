package import JSON

/// The description of the API in OpenAPI 3.1, made from the operations: whatever has a route is in it.
package enum OpenAPI {
  package static var document: JSONValue { document(of: AdminOperations.all) }

  package static func document(of operations: [AdminOperation]) -> JSONValue {
    var paths = JSONObject()
    for operation in operations {
      let path = RESTRoutes.prefix + operation.route.path
      var item = paths[path]?.objectValue ?? [:]
      item[operation.route.method.rawValue.lowercased()] = OpenAPIOperation(operation).document
      paths[path] = .object(item)
    }
    for (path, item) in OpenAPISchemas.lifePaths { paths[path] = item }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Secure MCP Gateway: administration", "version": .string(Version.current),
        "description":
          "What the commands of secure-mcp-gateway do, over HTTP. Every operation needs an administrator: `admin_apikey`, or a key whose role is `admin`.",
      ],
      "servers": [["url": "/"]], "tags": .array(tags(operations)), "security": [["bearer": []]], "paths": .object(paths),
      "components": OpenAPISchemas.components,
    ]
  }

  private static func tags(_ operations: [AdminOperation]) -> [JSONValue] {
    var names: [String] = []
    for operation in operations where !names.contains(operation.family) { names.append(operation.family) }
    return (names + ["life"]).map { ["name": .string($0)] }
  }
}

extension AdminOperation {
  /// The first word of the name: what the operation is about.
  package var family: String { String(name.prefix { $0 != " " }) }
}
