package import JSON

/// Who speaks: `serverInfo` of a server, `clientInfo` of a client.
package struct Implementation: Sendable, Equatable {
  package var name: String
  package var title: String?
  package var version: String

  package init(name: String, title: String? = nil, version: String) {
    self.name = name
    self.title = title
    self.version = version
  }

  package var json: JSONValue {
    var object: JSONObject = ["name": .string(name), "version": .string(version)]
    if let title { object["title"] = .string(title) }
    return .object(object)
  }
}
