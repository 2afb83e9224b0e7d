package import JSON

/// `install`, `uninstall`: the gateway as a server of an MCP client. Works on the client's file, not on the gateway's.
package struct ClientInstallation: Sendable {
  package static let defaultName = "secure-mcp-gateway"
  /// What the original calls its entry.
  package static let originalName = "Enkrypt Secure MCP Gateway"

  /// How the client reaches the gateway.
  package enum Reach: Sendable {
    /// The client starts it.
    case command(path: String, arguments: [String])
    /// It runs already.
    case url(String)
  }

  let client: MCPClient
  let name: String
  private let file: ClientFile

  /// - Parameter path: of the client's file; nil: where the client looks for it.
  package init(_ client: MCPClient, name: String, path: String?, environment: [String: String], home: String = FilePath.homeDirectory) {
    self.client = client
    self.name = name
    let configHome = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home + "/.config"
    file = ClientFile(client, path: path ?? client.path(home: home, configHome: configHome))
  }

  package func entry(_ reach: Reach, key: String) throws(GatewayError) -> JSONObject {
    switch reach {
    case .command(let path, let arguments): return client.entry(command: path, arguments: arguments, key: key)
    case .url(let url):
      guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
        throw GatewayError(.toolInvalidArguments, "'\(Fields.shown(url))' is no http or https URL.")
      }
      guard let entry = client.entry(url: url, key: key) else {
        throw GatewayError(
          .toolInvalidArguments, "\(client.rawValue) knows no servers over HTTP in its file.", suggestions: ["Leave --url out."])
      }
      return entry
    }
  }

  package func install(_ entry: JSONObject) throws -> Answer {
    let isReplaced = try file.entry(name) != nil
    let hasOriginal = try name != Self.originalName && file.entry(Self.originalName) != nil
    let backup = try file.set(entry, named: name)
    var answer = status(isInstalled: true, backup: backup)
    answer.message = "\(client.rawValue): '\(name)' \(isReplaced ? "replaced" : "installed") in \(file.path). \(client.afterwards)"
    if hasOriginal {
      answer.message +=
        "\nThe entry of the original is there too; to take it out: uninstall --client \(client.rawValue) --name '\(Self.originalName)'"
    }
    return answer
  }

  package func uninstall() throws -> Answer {
    _ = try installedEntry()
    let backup = try file.set(nil, named: name)
    var answer = status(isInstalled: false, backup: backup)
    answer.message = "\(client.rawValue): '\(name)' taken out of \(file.path). \(client.afterwards)"
    return answer
  }

  /// What taking it out would take out.
  package func removalPreview() throws -> JSONValue {
    guard let entry = try installedEntry().value.objectValue else {
      throw GatewayError(.configurationInvalid, "\(file.path): the server '\(Fields.shown(name))' is no object.")
    }
    return preview(entry, showsSecrets: false)
  }

  private func installedEntry() throws -> RawJSON {
    guard let entry = try file.entry(name) else {
      throw GatewayError(.configurationMissing, "\(file.path) has no server '\(Fields.shown(name))'.")
    }
    return entry
  }

  private func status(isInstalled: Bool, backup: String?) -> Answer {
    Answer([
      "client": .string(client.rawValue), "path": .string(file.path), "name": .string(name), "installed": .bool(isInstalled),
      "backup": backup.map(JSONValue.string) ?? .null,
    ])
  }

  /// What a dry run shows: the file, and the entry with its secrets masked unless they are asked for.
  package func preview(_ entry: JSONObject, showsSecrets: Bool) -> JSONValue {
    var shown = entry
    if !showsSecrets {
      for member in ["env", "headers"] {
        if let values = entry[member]?.objectValue { shown[member] = .object(values.mapValues { .string(Mask.key($0.stringValue ?? "")) }) }
      }
      if let words = entry["args"]?.arrayValue {
        shown["args"] = .array(Mask.arguments(words.map { $0.stringValue ?? "****" }).map(JSONValue.string))
      }
      for (name, value) in entry {
        if let text = value.stringValue { shown[name] = .string(URLMask.masked(text)) }
      }
    }
    return [
      "dry_run": true, "client": .string(client.rawValue), "path": .string(file.path),
      "entry": .object([client.section: .object([name: .object(shown)])]),
    ]
  }

  /// Every client, where its file is, and whether the gateway is in it.
  package static func list(name: String, environment: [String: String], home: String = FilePath.homeDirectory) -> JSONValue {
    .array(
      MCPClient.allCases.map { client in
        let installation = ClientInstallation(client, name: name, path: nil, environment: environment, home: home)
        let file = installation.file
        var row: JSONObject = ["client": .string(client.rawValue), "path": .string(file.path), "file": .bool(file.exists)]
        do { row["installed"] = .bool(try file.entry(name) != nil) } catch { row["installed"] = "unreadable" }
        return .object(row)
      })
  }
}
