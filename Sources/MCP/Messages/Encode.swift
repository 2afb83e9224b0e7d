internal import JSON

/// JSON text of messages. `params` and `result` are JSON objects, taken over byte by byte; for newline framing they must hold no
/// line break between tokens (`RawJSON.compacted()`).
package enum Encode {
  package static func request(id: RequestID, method: String, params: (some Collection<UInt8>)?) -> [UInt8] {
    var bytes = opening(id: id, bodyCount: params?.count ?? 0)
    append(method: method, params: params, to: &bytes)
    return bytes
  }

  package static func request(id: RequestID, method: String) -> [UInt8] {
    request(id: id, method: method, params: [UInt8]?.none)
  }

  package static func notification(method: String, params: (some Collection<UInt8>)?) -> [UInt8] {
    var bytes = opening(id: nil, bodyCount: params?.count ?? 0)
    append(method: method, params: params, to: &bytes)
    return bytes
  }

  package static func notification(method: String) -> [UInt8] {
    notification(method: method, params: [UInt8]?.none)
  }

  package static func result(id: RequestID, _ result: some Collection<UInt8>) -> [UInt8] {
    var bytes = opening(id: id, bodyCount: result.count)
    bytes.append(contentsOf: ",\"result\":".utf8)
    bytes.appendWhole(result)
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  /// Without an id the member is written as `null`, as JSON-RPC 2.0 §5 wants it for a request that could not be read.
  package static func error(id: RequestID?, _ error: RPCError) -> [UInt8] {
    var bytes = opening(id: id, bodyCount: error.data?.bytes.count ?? 0)
    if id == nil { bytes.append(contentsOf: ",\"id\":null".utf8) }
    bytes.append(contentsOf: ",\"error\":".utf8)
    bytes.append(contentsOf: error.encoded())
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  /// `{"jsonrpc":"2.0","id":…` with room for a body of `bodyCount` bytes.
  private static func opening(id: RequestID?, bodyCount: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(bodyCount + 128)
    bytes.append(contentsOf: "{\"jsonrpc\":\"2.0\"".utf8)
    if let id {
      bytes.append(contentsOf: ",\"id\":".utf8)
      bytes.append(contentsOf: id.encoded())
    }
    return bytes
  }

  private static func append(method: String, params: (some Collection<UInt8>)?, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: ",\"method\":".utf8)
    var writer = JSONWriter()
    writer.string(method)
    bytes.append(contentsOf: writer.bytes)
    if let params {
      bytes.append(contentsOf: ",\"params\":".utf8)
      bytes.appendWhole(params)
    }
    bytes.append(UInt8(ascii: "}"))
  }
}

extension RPCError {
  /// The error object as JSON text, on one line.
  package func encoded() -> [UInt8] {
    var writer = JSONWriter()
    writer.object { object in
      object.key("code")
      object.int(code)
      object.key("message")
      object.string(message)
      if let data {
        object.key("data")
        object.raw(data.compacted())
      }
    }
    return writer.bytes
  }
}
