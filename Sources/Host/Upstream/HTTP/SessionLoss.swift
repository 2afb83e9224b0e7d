internal import MCP

/// The many ways in which servers say that they do not know a session any more.
enum SessionLoss {
  private static let maxSearchedBytes = 4096
  private static let words = [
    "not found", "no valid", "could not find", "invalid", "unknown", "unrecognized", "expired", "missing", "does not exist",
    "doesn't exist",
    "terminated", "no longer",
  ]

  /// Whether an HTTP error means it. `hasSession`: the request named a session.
  static func isSaid(status: Int, body: [UInt8], error: RPCError?, hasSession: Bool) -> Bool {
    switch status {
    case 404, 410: hasSession || isSaid(body)
    case 400..<500 where ![401, 403, 407, 429].contains(status):
      // These two are about the request itself.
      error?.code != ErrorCode.invalidParams && error?.code != ErrorCode.methodNotFound && isSaid(body)
    default: false
    }
  }

  /// Whether a JSON-RPC error in a successful HTTP answer means it.
  static func isSaid(by error: RPCError) -> Bool {
    [ErrorCode.sessionNotFound, ErrorCode.invalidRequest, -32000].contains(error.code) && isSaid(Array(error.message.utf8))
  }

  private static func isSaid(_ text: [UInt8]) -> Bool {
    let text = String(decoding: text.prefix(maxSearchedBytes), as: UTF8.self).lowercased()
    if text.contains("server not initialized") { return true }
    return text.contains("session") && words.contains { text.contains($0) }
  }
}
