/// `enkrypt_secure_call_tools` with one call of the echo server's `echo`, in either era.
struct GatewayCall {
  let setup: GatewaySetup
  let port: Int

  /// Stateless, revision 2026-07-28.
  func modern(messageBytes: Int) -> CallTemplate {
    let meta = #","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#
    return template(
      "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: enkrypt_secure_call_tools\r\n", meta: meta, messageBytes)
  }

  /// In a session that this opens, revision 2025-11-25.
  func legacy(messageBytes: Int) throws -> CallTemplate {
    let session = try openSession()
    return template("MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: \(session)\r\n", meta: "", messageBytes)
  }

  private func template(_ headers: String, meta: String, _ messageBytes: Int) -> CallTemplate {
    let before =
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"enkrypt_secure_call_tools","arguments":"#
      + #"{"server_name":"echo_server","tool_calls":[{"name":"echo","args":{"message":""#
    // In the answer's structured content; in its text the quotes are escaped.
    return CallTemplate(
      head: head(headers), body: (before, "\"}}]}\(meta)}}"), messageBytes: messageBytes, answerPrefix: #""response":""#)
  }

  private func head(_ headers: String, key: String? = nil) -> String {
    "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\napikey: \(key ?? setup.key)\r\nContent-Type: application/json\r\n"
      + "Accept: application/json, text/event-stream\r\n" + headers
  }

  /// - Returns: its id.
  func openSession() throws -> String {
    let socket = try HTTPSocket(port: port)
    let hello =
      #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"#
      + #""clientInfo":{"name":"gateway-bench","version":"1"}}}"#
    try socket.exchange(request("", hello))
    guard socket.status == 200, let session = socket.header("mcp-session-id") else { throw BenchError("initialize: HTTP \(socket.status)") }
    try socket.exchange(
      request(
        "MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: \(session)\r\n", #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#))
    guard socket.status == 202 else { throw BenchError("notifications/initialized: HTTP \(socket.status)") }
    return session
  }

  private func request(_ headers: String, key: String? = nil, _ body: String) -> [UInt8] {
    Array("\(head(headers, key: key))content-length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
  }

  // MARK: Checks

  /// A wrong key must be refused, else what is measured is not what it says.
  func checkAuthentication() throws {
    let socket = try HTTPSocket(port: port)
    try socket.exchange(request("", key: "not-a-key-of-this-gateway", "{}"))
    guard socket.status == 401 else { throw BenchError("a wrong key was answered with HTTP \(socket.status), not 401") }
  }

  /// A call with a blocked keyword must be blocked, by the guardrail and before the server sees it.
  func checkGuardrail() throws {
    let socket = try HTTPSocket(port: port)
    let template = modern(messageBytes: 200)
    var bad = template.request
    bad.replaceSubrange(template.message.lowerBound..<template.message.lowerBound + 6, with: Array("rm -rf".utf8))
    try socket.exchange(bad)
    let isBlocked = socket.withBody { ByteSearch.find(#""status":"blocked_input""#, in: $0) != nil }
    guard isBlocked else { throw BenchError("a blocked keyword was not blocked: HTTP \(socket.status)") }
  }
}
