internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// The baseline: an HTTP/1.1 server on SwiftNIO, one event loop, that answers each request with its own body and does nothing else. Runs in a process of its own.
enum EchoBaseline {
  /// The hidden word that makes this program the baseline server.
  static let verb = "__http-echo"

  /// Serves on a free port of 127.0.0.1, which it prints, until standard input ends.
  static func run() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: true, withErrorHandling: true)
          try channel.pipeline.syncOperations.addHandler(EchoHandler())
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    print(channel.localAddress?.port ?? 0)
    fflush(nil)
    var byte: UInt8 = 0
    while read(STDIN_FILENO, &byte, 1) > 0 {}
    _exit(0)
  }
}

private final class EchoHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart
  private var body = ByteBuffer()

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head: body.clear()
    case .body(var part): if body.readableBytes == 0 { body = part } else { body.writeBuffer(&part) }
    case .end: answer(context)
    }
  }

  private func answer(_ context: ChannelHandlerContext) {
    let headers: HTTPHeaders = ["content-type": "application/json", "content-length": String(body.readableBytes)]
    context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers))), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    body = ByteBuffer()
  }
}
