internal import JSON
internal import MCP

/// The echo server without its pipes: a line in, a line or nothing out. A conversation is legacy from `initialize` on; until then every
/// request that carries the `_meta` of 2026-07-28 stands for itself.
struct EchoConversation {
  private let limits: JSONLimits
  private var isLegacy = false

  init(maxMessageBytes: Int) { limits = JSONLimits(maxBytes: maxMessageBytes) }

  /// The answer, without line end; nil for a notification or an answer to nothing.
  mutating func answer(_ line: [UInt8]) -> [UInt8]? {
    let raw: RawJSON
    do {
      raw = try RawJSON(validating: line, limits: limits)
    } catch {
      return Encode.error(id: nil, .parseError("not JSON: \(error)"))
    }
    do {
      guard case .request(let request) = try Message(raw) else { return nil }
      return Encode.result(id: request.id, try result(of: request))
    } catch {
      return Encode.error(id: Message.requestID(in: raw), error)
    }
  }

  private mutating func result(of request: Request) throws(RPCError) -> [UInt8] {
    let isModern = request.method == MethodName.discover || request.meta?[MetaKey.protocolVersion] != nil
    return isModern && !isLegacy ? try modernResult(of: request) : try legacyResult(of: request)
  }

  // MARK: 2024-11-05 to 2025-11-25

  private mutating func legacyResult(of request: Request) throws(RPCError) -> [UInt8] {
    switch request.method {
    case MethodName.initialize:
      guard let offered = request.params?["protocolVersion"]?.stringValue else { throw .invalidParams("protocolVersion must be a string") }
      isLegacy = true
      return InitializeResult(
        revision: .negotiated(offered: offered), serverInfo: EchoTools.serverInfo, capabilities: EchoTools.capabilities
      ).encoded()
    case MethodName.ping: return Array("{}".utf8)
    case _ where !isLegacy: throw .invalidRequest("initialize comes first")
    case MethodName.toolsList: return try EchoTools.list(request.params, isModern: false)
    case MethodName.toolsCall: return try EchoTools.call(request.params).encoded()
    default: throw .methodNotFound("unknown method")
    }
  }

  // MARK: 2026-07-28

  private func modernResult(of request: Request) throws(RPCError) -> [UInt8] {
    do {
      _ = try ModernEnvelope(request, headers: nil)
    } catch {
      throw error.error
    }
    switch request.method {
    case MethodName.discover:
      return DiscoverResult(serverInfo: EchoTools.serverInfo, capabilities: EchoTools.capabilities, cache: EchoTools.cache).encoded()
    case MethodName.toolsList: return try EchoTools.list(request.params, isModern: true)
    case MethodName.toolsCall: return try EchoTools.call(request.params).encoded(modernFrom: EchoTools.serverInfo)
    default: throw .methodNotFound("unknown method")
    }
  }
}
