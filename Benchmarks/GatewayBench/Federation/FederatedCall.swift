/// `tools/call` of a federated tool, in either era; the same call to a server itself; and what else is asked of the gateway here.
struct FederatedCall {
  let port: Int
  /// Nil: a server that asks for none.
  let key: String?

  private static let modernMeta =
    #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#

  /// Stateless, revision 2026-07-28.
  func modern(_ tool: String, messageBytes: Int) -> CallTemplate {
    template(Self.modernHeaders("tools/call", name: tool), tool, meta: "," + Self.modernMeta, messageBytes)
  }

  /// In a session of 2025-11-25.
  func legacy(_ tool: String, session: String, messageBytes: Int) -> CallTemplate {
    template("MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: \(session)\r\n", tool, meta: "", messageBytes)
  }

  private func template(_ headers: String, _ tool: String, meta: String, _ messageBytes: Int) -> CallTemplate {
    let before = #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\#(tool)","arguments":{"message":""#
    return CallTemplate(
      head: head(headers), body: (before, "\"}\(meta)}}"), messageBytes: messageBytes, answerPrefix: #""type":"text","text":""#)
  }

  /// `tools/list` in 2026-07-28, all on one page.
  var list: [UInt8] {
    request(
      Self.modernHeaders("tools/list", name: nil), #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{\#(Self.modernMeta)}}"#)
  }

  /// Makes the gateway forget every list.
  var clearCache: [UInt8] {
    request(
      Self.modernHeaders("tools/call", name: "enkrypt_clear_cache"),
      #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"enkrypt_clear_cache","arguments":{},\#(Self.modernMeta)}}"#)
  }

  private func request(_ headers: String, _ body: String) -> [UInt8] {
    Array("\(head(headers))content-length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
  }

  private static func modernHeaders(_ method: String, name: String?) -> String {
    "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: \(method)\r\n" + (name.map { "Mcp-Name: \($0)\r\n" } ?? "")
  }

  private func head(_ headers: String) -> String {
    "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n" + (key.map { "apikey: \($0)\r\n" } ?? "")
      + "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n" + headers
  }
}
