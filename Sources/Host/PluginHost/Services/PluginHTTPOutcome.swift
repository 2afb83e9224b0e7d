internal import Egress
internal import PluginABI

/// What came of one request of a plugin.
enum PluginHTTPOutcome: Sendable {
  case answer(PluginHTTPAnswer)
  /// `status` is not `SMG_OK`; `message` is for the operator's log.
  case failed(smg_status, message: String)

  static let cancelled = PluginHTTPOutcome.failed(SMG_E_CANCELLED, message: "cancelled")
  static let timedOut = PluginHTTPOutcome.failed(SMG_E_TIMEOUT, message: "timed out")
  static let tooMuchHeld = PluginHTTPOutcome.failed(
    SMG_E_UNAVAILABLE, message: "the open requests of this binding hold more than \(Limits.Plugin.maxHeldRequestBytes) bytes")

  init(_ error: EgressError) {
    let status =
      switch error {
      case .badRequest, .refusedAddress, .tooLarge, .redirected: SMG_E_INVALID
      case .timedOut: SMG_E_TIMEOUT
      case .cancelled: SMG_E_CANCELLED
      case .cannotResolve, .cannotConnect, .tls, .proxy, .connectionLost, .protocolError, .overloaded, .shuttingDown, .failed:
        SMG_E_UNAVAILABLE
      }
    self = .failed(status, message: "\(error)")
  }
}

/// A whole HTTP answer.
struct PluginHTTPAnswer: Sendable {
  var code: Int
  var headers: [(name: String, value: String)]
  var trailers: [(name: String, value: String)]
  var body: [UInt8]
}

extension PluginHTTPOutcome {
  /// The outcome as the ABI passes it, valid inside `body`.
  func withABI(_ body: (UnsafePointer<smg_http_response>) -> Void) {
    switch self {
    case .answer(let answer): answer.withABI(body)
    case .failed(let status, let message):
      Array(message.utf8).withBytes { message in
        var response = smg_http_response()
        response.size = UInt32(MemoryLayout<smg_http_response>.size)
        response.status = status
        response.message = message
        body(&response)
      }
    }
  }
}

extension PluginHTTPAnswer {
  fileprivate func withABI(_ run: (UnsafePointer<smg_http_response>) -> Void) {
    let fields = headers + trailers
    let size =
      fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count } + RequestMemory.size(of: headers.count, smg_kv.self)
      + RequestMemory.size(of: trailers.count, smg_kv.self)
    RequestMemory.with(bytes: size) { memory in
      var response = smg_http_response()
      response.size = UInt32(MemoryLayout<smg_http_response>.size)
      response.status = SMG_OK
      response.code = UInt32(clamping: code)
      response.headers = Self.pairs(headers, in: &memory)
      response.trailers = Self.pairs(trailers, in: &memory)
      body.withBytes { bytes in
        response.body = bytes
        run(&response)
      }
    }
  }

  private static func pairs(_ fields: [(name: String, value: String)], in memory: inout RequestMemory) -> smg_kvs {
    guard !fields.isEmpty else { return smg_kvs() }
    let start = memory.array(fields.count, of: smg_kv.self)
    for (index, field) in fields.enumerated() {
      (start + index).initialize(to: smg_kv(key: memory.bytes(field.name), value: memory.bytes(field.value)))
    }
    return smg_kvs(ptr: start, len: fields.count)
  }
}
