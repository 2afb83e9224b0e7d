internal import JSON
internal import MCP
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Asks a running gateway to use one of its tools, by one request of revision 2026-07-28. Plain HTTP, as gateways on this machine speak it.
struct GatewayClient {
  private let host: String
  private let port: Int
  private let path: String
  private let key: String
  private static let timeout: TimeAmount = .seconds(60)

  init(url: String, key: String) throws(GatewayError) {
    guard url.hasPrefix("http://"), let address = Self.split(url.dropFirst(7)) else {
      throw GatewayError(.toolInvalidArguments, "'\(url)' is not a URL such as http://127.0.0.1:8000/mcp/.")
    }
    (host, port, path) = address
    self.key = key
  }

  private static func split(_ rest: Substring) -> (String, Int, String)? {
    let authority = rest.prefix { $0 != "/" }
    let path = rest.dropFirst(authority.count)
    let hostEnd = authority.hasPrefix("[") ? authority.lastIndex(of: "]").map { authority.index(after: $0) } : authority.lastIndex(of: ":")
    let host = authority[..<(hostEnd ?? authority.endIndex)].filter { $0 != "[" && $0 != "]" }
    let portText = authority[(hostEnd ?? authority.endIndex)...].drop { $0 == ":" }
    guard !host.isEmpty, let port = portText.isEmpty ? 80 : Int(portText), (1...65535).contains(port) else { return nil }
    return (host, port, path.isEmpty ? "/mcp/" : String(path))
  }

  /// - Returns: the tool's structured answer.
  func call(_ tool: GatewayTool, _ arguments: JSONObject) async throws -> JSONValue {
    let (status, body) = try await post(Self.request(tool, arguments), tool: tool)
    let message = try RawJSON(validating: body)
    if let result = message["result"]?["structuredContent"] { return result.value }
    let reason = message["error"]?["message"]?.stringValue ?? "The answer is not that of a gateway."
    throw GatewayError(status == 401 || status == 403 ? .invalidCredentials : .operationFailed, "The gateway answered \(status): \(reason)")
  }

  private static func request(_ tool: GatewayTool, _ arguments: JSONObject) -> [UInt8] {
    let params: JSONValue = [
      "name": .string(tool.rawValue), "arguments": .object(arguments),
      "_meta": .object([MetaKey.protocolVersion: .string(Revision.newest.rawValue), MetaKey.clientCapabilities: [:]]),
    ]
    return Encode.request(id: RequestID(1), method: MethodName.toolsCall, params: params.serialized())
  }

  private func post(_ body: [UInt8], tool: GatewayTool) async throws -> (status: Int, body: [UInt8]) {
    let group = MultiThreadedEventLoopGroup.singleton
    let promise = group.next().makePromise(of: (status: Int, body: [UInt8]).self)
    let channel: any Channel
    do {
      channel = try await ClientBootstrap(group: group).connectTimeout(.seconds(5))
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(AnswerCollector(promise: promise))
          }
        }.connect(host: host, port: port).get()
    } catch {
      promise.fail(error)
      throw GatewayError(
        .unavailable, "No gateway answers at \(host):\(port).",
        suggestions: ["Start one with `secure-mcp-gateway serve`, or give --url."])
    }
    let timeout = channel.eventLoop.scheduleTask(in: Self.timeout) { channel.close(promise: nil) }
    defer {
      timeout.cancel()
      channel.close(promise: nil)
    }
    let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: path, headers: headers(tool, length: body.count))
    channel.write(HTTPClientRequestPart.head(head), promise: nil)
    channel.write(HTTPClientRequestPart.body(.byteBuffer(channel.allocator.buffer(bytes: body))), promise: nil)
    channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    return try await promise.futureResult.get()
  }

  private func headers(_ tool: GatewayTool, length: Int) -> HTTPHeaders {
    [
      "host": "\(host.contains(":") ? "[\(host)]" : host):\(port)", "authorization": "Bearer \(key)", "content-type": "application/json",
      "accept": "application/json, text/event-stream", "content-length": String(length), "connection": "close",
      "mcp-protocol-version": Revision.newest.rawValue, "mcp-method": MethodName.toolsCall, "mcp-name": tool.rawValue,
    ]
  }
}

/// Gathers one answer, up to the size that the gateway itself accepts.
private final class AnswerCollector: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart

  private let promise: EventLoopPromise<(status: Int, body: [UInt8])>
  private var status = 0
  private var body: [UInt8] = []

  init(promise: EventLoopPromise<(status: Int, body: [UInt8])>) { self.promise = promise }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): status = Int(head.status.code)
    case .body(let part):
      body += part.readableBytesView
      if body.count > Limits.Upstream.maxMessageBytes { context.close(promise: nil) }
    case .end: promise.succeed((status, body))
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    promise.fail(error)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise.fail(GatewayError(.unavailable, "The connection ended before the answer was complete."))
  }
}
