internal import JSON
internal import MCP

/// What changes in a server's result on its way to a client: URIs by which the client may come back are federated, what the server says under the gateway's own
/// names in `_meta` is dropped, and content that the client's revision does not know becomes text. Everything else keeps its bytes. Works on what the guardrails
/// let pass, and adds only the prefix and the gateway's own words.
struct ResultRewriting {
  let method: String
  /// Nil: URIs stay as they are.
  let uriPrefix: String?
  /// Of the client.
  let revision: Revision

  func apply(to result: RawJSON) throws(JSONError) -> RawJSON {
    var edits: [(target: RawJSON, with: [UInt8])] = []
    let older = OlderContent(revision: revision)
    if uriPrefix != nil || older.isNeeded {
      for content in ResultContent.resources(in: result, of: method) { federate(content["uri"], &edits) }
      for block in ResultContent.blocks(in: result, of: method) {
        if let text = older.replacement(for: block, uriPrefix: uriPrefix) {
          edits.append((block, text))
        } else {
          federate(uri(of: block), &edits)
        }
      }
    }
    if let meta = result["_meta"], let cleaned = Self.cleaned(meta) { edits.append((meta, cleaned)) }
    let rewritten = edits.isEmpty ? result : try result.replacing(edits)
    guard revision.era == .legacy, method == MethodName.toolsCall else { return rewritten }
    return try PlainStructuredContent.dropped(from: rewritten)
  }

  private func federate(_ uri: RawJSON?, _ edits: inout [(target: RawJSON, with: [UInt8])]) {
    guard let uriPrefix, let uri, uri.kind == .string else { return }
    edits.append((uri, FederatedURI.prefixed(uri, with: uriPrefix)))
  }

  private func uri(of block: RawJSON) -> RawJSON? {
    switch block["type"]?.stringValue {
    case "resource_link": block["uri"]
    case "resource": block["resource"]?["uri"]
    default: nil
    }
  }

  /// Nil when nothing has to go.
  static func cleaned(_ meta: RawJSON) -> [UInt8]? {
    guard meta.members.contains(where: { isOwn($0.key) }) else { return nil }
    var writer = JSONWriter(reservingBytes: meta.bytes.count)
    writer.object { writer in for (key, value) in meta.members where !isOwn(key) { writer.member(key, value) } }
    return writer.bytes
  }

  private static func isOwn(_ key: RawJSON) -> Bool { key.stringValue?.hasPrefix(GatewayMetaKey.namespace) ?? false }
}
