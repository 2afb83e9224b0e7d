internal import JSON

/// The client capabilities that the gateway declares to a server: those that the calling client declared and that the gateway can
/// relay. As long as it relays no request from servers to clients, that is none.
enum RelayedCapabilities {
  /// Names of the capabilities whose requests are relayed.
  static let relayed: Set<String> = []

  private static let none = Array("{}".utf8)

  /// JSON text of an object. Asked for at every call, so it costs nothing while nothing is relayed.
  static func declared(for client: RawJSON?) -> [UInt8] {
    guard !relayed.isEmpty, let client else { return none }
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
