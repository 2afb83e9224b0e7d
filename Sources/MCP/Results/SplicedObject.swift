internal import JSON

/// An object put together from source text of its members.
struct SplicedObject {
  private var bytes: [UInt8] = [UInt8(ascii: "{")]

  init(reserving count: Int) { bytes.reserveCapacity(count) }

  mutating func append(key: RawJSON, value: RawJSON) {
    separate()
    bytes.append(contentsOf: key.bytes)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(contentsOf: value.bytes)
  }

  /// `key` needs no escaping.
  mutating func append(_ key: String, value: [UInt8]) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: key.utf8)
    bytes.append(contentsOf: "\":".utf8)
    bytes.append(contentsOf: value)
  }

  consuming func closed() -> [UInt8] {
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  private mutating func separate() {
    if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
  }
}
