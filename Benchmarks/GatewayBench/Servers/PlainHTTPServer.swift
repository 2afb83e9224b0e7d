internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// HTTP/1.1 on SwiftNIO and one event loop, as plain as it gets.
enum PlainHTTPServer {
  /// Serves on a free port of 127.0.0.1, which it prints, until standard input ends.
  static func run(_ handler: @escaping @Sendable (any Channel) -> any ChannelHandler) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: true, withErrorHandling: true)
          try channel.pipeline.syncOperations.addHandler(handler(channel))
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

extension ChannelHandlerContext {
  /// One whole answer.
  func answer(_ status: HTTPResponseStatus, _ body: ByteBuffer) {
    let headers: HTTPHeaders = ["content-type": "application/json", "content-length": String(body.readableBytes)]
    write(NIOAny(HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
    write(NIOAny(HTTPServerResponsePart.body(.byteBuffer(body))), promise: nil)
    writeAndFlush(NIOAny(HTTPServerResponsePart.end(nil)), promise: nil)
  }
}
