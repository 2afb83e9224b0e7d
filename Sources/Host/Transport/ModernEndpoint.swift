internal import MCP
internal import NIOHTTP1

/// The stateless path of 2026-07-28: each request carries its version and capabilities, and no session exists.
struct ModernEndpoint: Sendable {
  let server: GatewayServer

  func answer(_ message: Message, _ request: HTTPRequest, _ caller: Caller, _ context: RequestContext) async -> HTTPAnswer {
    let headers = RoutingHeaders(request.headers)
    let context = context.withoutSession
    do throws(ModernEnvelope.Failure) {
      guard try ModernEnvelope.check(message, headers: headers) != nil, case .request(let call) = message else {
        return HTTPAnswer(.accepted)
      }
      return await answer(call, caller, context)
    } catch {
      return .rpc(HTTPResponseStatus(statusCode: error.httpStatus), Self.id(of: message), error.error)
    }
  }

  private func answer(_ call: Request, _ caller: Caller, _ context: RequestContext) async -> HTTPAnswer {
    do throws(RPCError) {
      return .json(.ok, Encode.result(id: call.id, try await server.call(call, era: .modern, caller, context)))
    } catch {
      return .rpc(HTTPResponseStatus(statusCode: error.modernHTTPStatus), call.id, error)
    }
  }

  private static func id(of message: Message) -> RequestID? {
    if case .request(let call) = message { call.id } else { nil }
  }
}
