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
    var object: JSONObject = ["name": .string(name)]
    if let title { object["title"] = .string(title) }
    object["version"] = .string(version)
    return .object(object)
  }

  /// The same as `json`, in place.
  func write(into writer: inout JSONWriter) {
    writer.object { object in
      object.member("name", name)
      if let title { object.member("title", title) }
      object.member("version", version)
    }
  }
}
