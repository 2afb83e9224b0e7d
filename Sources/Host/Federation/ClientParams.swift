internal import JSON
internal import MCP

/// `params` of a client's request for a federated item, and what of it goes on to the server.
struct ClientParams {
  private let raw: RawJSON

  init(_ raw: RawJSON?) { self.raw = raw ?? RawJSON(.object([:])) }

  subscript(name: String) -> RawJSON? { raw[name] }

  /// A member that has to be a string.
  func string(_ name: String, of method: String) throws(RPCError) -> String {
    guard let text = raw[name]?.stringValue else { throw .invalidParams("\(method) needs \(name), a string.") }
    return text
  }

  /// A request by name with arguments: when nothing else is to be forwarded, the arguments alone are what guardrails judge.
  func named(_ target: ForwardedRequest.Target) throws(RPCError) -> ForwardedRequest {
    let arguments = raw["arguments"].flatMap { $0.isNull ? nil : $0 } ?? RawJSON(.object([:]))
    guard arguments.kind == .object else { throw .invalidParams("arguments must be an object.") }
    let hasMore = raw.members.contains { key, value in
      switch key.stringValue {
      case "name", "arguments": false
      case let name? where InputRequired.retryMembers.contains(name): false
      case "_meta": value.members.contains { !Self.isHopOwned($0.key) }
      default: true
      }
    }
    guard hasMore else { return ForwardedRequest(target: target, content: arguments, base: ForwardedRequest.argumentsPointer) }
    return try whole(target, replacing: ["arguments": Array(arguments.bytes)])
  }

  /// All members but the name and what concerns this hop only.
  /// - Parameter replacements: JSON text of members that are written anew.
  func whole(_ target: ForwardedRequest.Target, replacing replacements: [String: [UInt8]] = [:]) throws(RPCError) -> ForwardedRequest {
    var writer = JSONWriter(reservingBytes: raw.bytes.count + 64)
    writer.object { writer in
      for (name, text) in replacements {
        writer.key(name)
        writer.raw(text)
      }
      for (key, value) in raw.members {
        guard let name = key.stringValue, name != "name", replacements[name] == nil, !InputRequired.retryMembers.contains(name) else {
          continue
        }
        guard name != "_meta" else {
          writer.key("_meta")
          writer.object { meta in for (key, value) in value.members where !Self.isHopOwned(key) { meta.member(key, value) } }
          continue
        }
        writer.member(key, value)
      }
    }
    do throws(JSONError) {
      return ForwardedRequest(target: target, content: try RawJSON(validating: writer.bytes, limits: .widest), base: "/params")
    } catch {
      throw .invalidParams("The params cannot be forwarded: \(error.reason.rawValue).")
    }
  }

  private static func isHopOwned(_ key: RawJSON) -> Bool { key.stringValue.map(ForwardedRequest.isHopOwned) ?? false }
}
