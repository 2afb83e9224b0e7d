internal import JSON
internal import MCP

/// What changes in a server's result on its way to a client of several servers: URIs by which the client may come back are federated, and what the server says
/// under the gateway's own names in `_meta` is dropped. Everything else keeps its bytes. Works on what the guardrails let pass, and adds only the prefix.
struct ResultRewriting {
  let method: String
  /// Nil: URIs stay as they are.
  let uriPrefix: String?

  func apply(to result: RawJSON) throws(JSONError) -> RawJSON {
    var edits: [(target: RawJSON, with: [UInt8])] = []
    if let uriPrefix {
      for uri in uris(in: result) where uri.kind == .string { edits.append((uri, FederatedURI.prefixed(uri, with: uriPrefix))) }
    }
    if let meta = result["_meta"], let cleaned = Self.cleaned(meta) { edits.append((meta, cleaned)) }
    return edits.isEmpty ? result : try result.replacing(edits)
  }

  private func uris(in result: RawJSON) -> [RawJSON] {
    ResultContent.resources(in: result, of: method).compactMap { $0["uri"] }
      + ResultContent.blocks(in: result, of: method).compactMap { block in
        switch block["type"]?.stringValue {
        case "resource_link": block["uri"]
        case "resource": block["resource"]?["uri"]
        default: nil
        }
      }
  }

  /// Nil when nothing has to go.
  private static func cleaned(_ meta: RawJSON) -> [UInt8]? {
    guard meta.members.contains(where: { isOwn($0.key) }) else { return nil }
    var writer = JSONWriter(reservingBytes: meta.bytes.count)
    writer.object { writer in for (key, value) in meta.members where !isOwn(key) { writer.member(key, value) } }
    return writer.bytes
  }

  private static func isOwn(_ key: RawJSON) -> Bool { key.stringValue?.hasPrefix(GatewayMetaKey.namespace) ?? false }
}
