internal import JSON

/// The client capabilities that the gateway declares to a server: those that the calling client declared and that the gateway can
/// relay while a call runs.
enum RelayedCapabilities {
  /// Names of the capabilities whose requests are relayed.
  static let relayed: Set<String> = ["sampling", "elicitation", "roots"]

  private static let none = Array("{}".utf8)

  /// JSON text of an object. Asked for at every call, so it costs nothing for a client that declares nothing.
  static func declared(for client: RawJSON?) -> [UInt8] {
    guard let client, client.itemCount > 0 else { return none }
    var writer = JSONWriter()
    writer.object { object in
      for (key, value) in client.members {
        guard let name = key.stringValue, relayed.contains(name) else { continue }
        object.key(name)
        object.raw(value.compacted())
      }
    }
    return writer.bytes
  }
}
