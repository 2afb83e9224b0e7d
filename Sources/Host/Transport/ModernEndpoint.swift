internal import JSON
internal import MCP
internal import NIOCore
internal import NIOHTTP1

/// The stateless path of 2026-07-28: each request carries its version and capabilities, and no session exists.
struct ModernEndpoint: Sendable {
  let server: GatewayServer

  func answer(
    _ message: Message, _ request: HTTPRequest, _ caller: Caller, _ context: RequestContext, _ exchange: NIOLoopBound<HTTPExchange>
  ) async -> HTTPAnswer {
    let headers = RoutingHeaders(request.headers)
    do throws(ModernEnvelope.Failure) {
      guard let envelope = try ModernEnvelope.check(message, headers: headers), case .request(let call) = message else {
        return HTTPAnswer(.accepted)
      }
      let link = ClientLink(
        envelope, of: Self.conversation(envelope, request, caller), on: exchange.eventLoop,
        EventStreamChannel(nil, carry: HTTPExchange.carrier(exchange)))
      let context = context.with(
        session: nil, link: link, revision: envelope.revision, parameterFields: ParameterHeaders.fields(in: request.headers))
      return await answer(call, caller, context, link)
    } catch {
      return .rpc(HTTPResponseStatus(statusCode: error.httpStatus), Self.id(of: message), error.error)
    }
  }

  private func answer(_ call: Request, _ caller: Caller, _ context: RequestContext, _ link: ClientLink) async -> HTTPAnswer {
    do throws(RPCError) {
      let reply = Encode.result(id: call.id, try await server.call(call, era: .modern, caller, context))
      return link.finish(reply) ? .carried : .json(.ok, reply)
    } catch {
      if link.finish(Encode.error(id: call.id, error)) { return .carried }
      return .rpc(HTTPResponseStatus(statusCode: error.modernHTTPStatus), call.id, error)
    }
  }

  /// The same key, program and machine: what can be known of who speaks where each request stands for itself.
  private static func conversation(_ envelope: ModernEnvelope, _ request: HTTPRequest, _ caller: Caller) -> String {
    let machine = String(request.peer.prefix(upTo: request.peer.lastIndex(of: ":") ?? request.peer.endIndex))
    let program = envelope.clientInfo.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
    return [caller.principal, machine, program].joined(separator: "\u{0}")
  }

  private static func id(of message: Message) -> RequestID? {
    if case .request(let call) = message { call.id } else { nil }
  }
}
