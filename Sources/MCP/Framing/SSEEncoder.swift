/// Writes `text/event-stream` (WHATWG HTML §9.2.5).
package enum SSEEncoder {
  /// One event. Every line break in `data` begins a new data line, so a reader gets LF for each. CR, LF and NUL, which a `type` or an
  /// `id` cannot hold, are left out of them. An empty `id` resets the reader's last event id.
  package static func event(
    data: some Collection<UInt8>, type: String? = nil, id: String? = nil, retryMilliseconds: Int? = nil
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(data.count + 64)
    if let id { append(field: "id", id, to: &bytes) }
    if let type { append(field: "event", type, to: &bytes) }
    if let retryMilliseconds { append(field: "retry", String(retryMilliseconds), to: &bytes) }
    appendData(Array(data)[...], to: &bytes)
    bytes.append(0x0A)
    return bytes
  }

  /// A comment that readers skip: keeps a quiet connection open.
  package static func comment(_ text: String = "") -> [UInt8] {
    [UInt8(ascii: ":")] + text.utf8.filter { $0 != 0x0A && $0 != 0x0D } + [0x0A, 0x0A]
  }

  private static func append(field name: StaticString, _ value: String, to bytes: inout [UInt8]) {
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: ": ".utf8)
    bytes.append(contentsOf: value.utf8.lazy.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0 })
    bytes.append(0x0A)
  }

  private static func appendData(_ data: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
    var rest = data
    bytes.append(contentsOf: "data: ".utf8)
    while let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
      bytes.append(contentsOf: rest[..<end])
      bytes.append(contentsOf: "\ndata: ".utf8)
      let isCRLF = rest[end...].starts(with: [0x0D, 0x0A])
      rest = rest[(end + (isCRLF ? 2 : 1))...]
    }
    bytes.append(contentsOf: rest)
    bytes.append(0x0A)
  }
}
