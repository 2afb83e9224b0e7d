internal import NIOCore
internal import NIOHTTP1

/// The baseline: a server that answers each request with its own body and does nothing else. Runs in a process of its own.
enum EchoBaseline {
  /// The hidden word that makes this program the baseline server.
  static let verb = "__http-echo"

  static func run() async throws { try await PlainHTTPServer.run { _ in EchoHandler() } }
}

private final class EchoHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart
  private var body = ByteBuffer()

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: body.clear()
    case .body(var part): if body.readableBytes == 0 { body = part } else { body.writeBuffer(&part) }
    case .end:
      context.answer(.ok, body)
      body = ByteBuffer()
    }
  }
}
