internal import JSON

/// The file of pins: what was accepted of every server, and what waits.
package struct PinDocument: Sendable {
  package var servers: [PinKey: ServerPins] = [:]
  /// The number that the next tool gets.
  package var order = 1

  static let version = 1

  package init() {}

  /// Why a file is no file of pins.
  package struct Malformed: Error, CustomStringConvertible {
    package var description: String
  }

  package init(_ bytes: [UInt8]) throws(Malformed) {
    let raw: RawJSON
    do throws(JSONError) {
      raw = try RawJSON(validating: bytes, limits: JSONLimits(maxBytes: Limits.Pinning.maxFileBytes))
    } catch {
      throw Malformed(description: "is not valid JSON: \(error.reason.rawValue)")
    }
    guard raw["version"]?.intValue == Self.version, let servers = raw["servers"], servers.kind == .object,
      let order = raw["order"]?.intValue, (1...Limits.Pinning.maxOrder).contains(order)
    else { throw Malformed(description: "is not of version \(Self.version)") }
    self.order = order
    for (configID, entries) in servers.members {
      for (server, entry) in entries.members {
        guard let configID = configID.stringValue, let server = server.stringValue, let pins = ServerPins(entry) else {
          throw Malformed(description: "has an entry that cannot be read: \(server.stringValue ?? "")")
        }
        self.servers[PinKey(configID: configID, server: server)] = pins
      }
    }
  }

  package func serialized() -> [UInt8] {
    var configs = JSONObject()
    for (key, pins) in servers.sorted(by: { ($0.key.configID, $0.key.server) < ($1.key.configID, $1.key.server) }) {
      var entries = configs[key.configID]?.objectValue ?? [:]
      entries[key.server] = .object(pins.document)
      configs[key.configID] = .object(entries)
    }
    return JSONValue.object(["version": .int(Self.version), "order": .int(order), "servers": .object(configs)]).serialized()
  }
}

// MARK: JSON

extension ServerPins {
  fileprivate init?(_ raw: RawJSON) {
    guard raw.kind == .object else { return nil }
    if let endpoint = raw["endpoint"] {
      guard let read = Endpoint(endpoint) else { return nil }
      self.endpoint = read
    }
    if let endpoint = raw["new_endpoint"] {
      guard let read = Endpoint(endpoint) else { return nil }
      newEndpoint = read
    }
    if let tools = raw["tools"] {
      self.tools = [:]
      for (name, tool) in tools.members {
        guard let name = name.stringValue, let tool = Tool(tool) else { return nil }
        self.tools?[name] = tool
      }
    }
    for (name, change) in raw["waiting"].map({ Array($0.members) }) ?? [] {
      guard let name = name.stringValue, let change = Waiting(change) else { return nil }
      waiting[name] = change
    }
  }

  fileprivate var document: JSONObject {
    var document = JSONObject()
    if let endpoint { document["endpoint"] = .object(endpoint.document) }
    if let newEndpoint { document["new_endpoint"] = .object(newEndpoint.document) }
    if let tools { document["tools"] = .object(Self.object(tools, \.document)) }
    if !waiting.isEmpty { document["waiting"] = .object(Self.object(waiting, \.document)) }
    return document
  }

  private static func object<T>(_ entries: [String: T], _ document: (T) -> JSONObject) -> JSONObject {
    var object = JSONObject()
    for name in entries.keys.sorted() { object[name] = entries[name].map { .object(document($0)) } }
    return object
  }
}

extension ServerPins.Endpoint {
  fileprivate init?(_ raw: RawJSON) {
    guard let digest = raw["digest"]?.stringValue, let shown = raw["shown"]?.value.objectValue, let at = raw["at"]?.stringValue else {
      return nil
    }
    self.init(endpoint: PinnedEndpoint(digest: digest, shown: shown), at: at)
  }

  fileprivate var document: JSONObject { ["digest": .string(endpoint.digest), "shown": .object(endpoint.shown), "at": .string(at)] }
}

extension ServerPins.Tool {
  fileprivate init?(_ raw: RawJSON) {
    guard let digest = raw["digest"]?.stringValue, let order = raw["order"]?.intValue, let at = raw["at"]?.stringValue else { return nil }
    self.init(digest: digest, definition: raw["definition"]?.value, order: order, at: at)
  }

  fileprivate var document: JSONObject {
    var document: JSONObject = ["digest": .string(digest), "order": .int(order), "at": .string(at)]
    if let definition { document["definition"] = definition }
    return document
  }
}

extension ServerPins.Waiting {
  fileprivate init?(_ raw: RawJSON) {
    guard let change = raw["change"]?.stringValue.flatMap(PinChange.init), let digest = raw["digest"]?.stringValue,
      let at = raw["at"]?.stringValue
    else { return nil }
    self.init(
      change: change, digest: digest, definition: raw["definition"]?.value, renamedFrom: raw["renamed_from"]?.stringValue, at: at)
  }

  fileprivate var document: JSONObject {
    var document: JSONObject = ["change": .string(change.rawValue), "digest": .string(digest), "at": .string(at)]
    if let definition { document["definition"] = definition }
    if let renamedFrom { document["renamed_from"] = .string(renamedFrom) }
    return document
  }
}
