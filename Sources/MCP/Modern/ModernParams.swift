package import JSON

/// What a client of 2026-07-28 says about itself in `_meta` of each request.
package struct ModernParams: Sendable {
  /// JSON text of the values that are the same in every request.
  private let revision: [UInt8]
  private let clientInfo: [UInt8]

  package init(clientInfo: Implementation, revision: Revision = .newest) {
    self.revision = JSONValue.string(revision.rawValue).serialized()
    self.clientInfo = clientInfo.json.serialized()
  }

  /// `params`, an object, with this hop's members in `_meta`; those that another hop put there are dropped. The rest stays byte by byte.
  ///
  /// `capabilities` is JSON text of an object. Without a level the server sends no log messages.
  package func enveloping(_ params: RawJSON, capabilities: [UInt8] = Array("{}".utf8), logLevel: LoggingLevel? = nil) -> [UInt8] {
    var object = SplicedObject(reserving: params.bytes.count + 320)
    var original: RawJSON?
    for (key, value) in params.members {
      if key.stringValue == "_meta" { original = value } else { object.append(key: key, value: value) }
    }
    object.append("_meta", value: meta(original, capabilities, logLevel))
    return object.closed()
  }

  private func meta(_ original: RawJSON?, _ capabilities: [UInt8], _ logLevel: LoggingLevel?) -> [UInt8] {
    var object = SplicedObject(reserving: (original?.bytes.count ?? 0) + 288)
    for (key, value) in original?.members ?? RawJSON(.object([:])).members where !Self.ownedByHop.contains(key.stringValue ?? "") {
      object.append(key: key, value: value)
    }
    object.append(MetaKey.protocolVersion, value: revision)
    object.append(MetaKey.clientInfo, value: clientInfo)
    object.append(MetaKey.clientCapabilities, value: capabilities)
    if let logLevel { object.append(MetaKey.logLevel, value: JSONValue.string(logLevel.rawValue).serialized()) }
    return object.closed()
  }

  private static let ownedByHop: Set<String> = [
    MetaKey.protocolVersion, MetaKey.clientInfo, MetaKey.clientCapabilities, MetaKey.logLevel, MetaKey.serverInfo,
  ]
}

extension RoutingHeaders {
  /// The headers that repeat what a request says (2026-07-28, transports), with the value of `Mcp-Name` encoded where it must be.
  package static func fields(method: String, params: RawJSON?, revision: Revision = .newest) -> [(name: String, value: String)] {
    var fields = [("MCP-Protocol-Version", revision.rawValue), ("Mcp-Method", method)]
    if let parameter = nameParameter(of: method), let name = params?[parameter]?.stringValue {
      fields.append(("Mcp-Name", HeaderText.encode(name)))
    }
    return fields
  }

  /// The parameter that `Mcp-Name` repeats; nil for methods without.
  static func nameParameter(of method: String) -> String? {
    switch method {
    case MethodName.toolsCall, MethodName.promptsGet: "name"
    case MethodName.resourcesRead: "uri"
    default: nil
    }
  }
}
