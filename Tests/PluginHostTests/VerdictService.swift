import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP service on 127.0.0.1 that gives verdicts: `block` for what holds "forbidden", else `allow`. Its paths misbehave as they are called.
final class VerdictService: Sendable {
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let channel: any Channel
  private let seen = Mutex<[Request]>([])

  struct Request: Sendable {
    var head: HTTPRequestHead
    var body: String
  }

  var requests: [Request] { seen.withLock { $0 } }
  var port: Int { channel.localAddress?.port ?? 0 }
  func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

  init() async throws {
    let service = Mutex<VerdictService?>(nil)
    nonisolated(unsafe) let note: (Request) -> Void = { request in service.withLock { $0 }?.seen.withLock { $0.append(request) } }
    channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 256)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Handler(note: note))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    service.withLock { $0 = self }
  }

  func stop() async throws {
    try await channel.close()
    try await group.shutdownGracefully()
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let note: (Request) -> Void
    private var request: Request?

    init(note: @escaping (Request) -> Void) { self.note = note }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head): request = Request(head: head, body: "")
      case .body(let bytes): request?.body += String(buffer: bytes)
      case .end:
        guard let request else { return }
        note(request)
        answer(request, context)
      }
    }

    private func answer(_ request: Request, _ context: ChannelHandlerContext) {
      switch request.head.uri {
      case "/hang": break
      case "/drop": context.close(promise: nil)
      case "/half":
        write(context, .ok, "allow", length: 1_000, ends: false)
      case "/big": write(context, .ok, String(repeating: "allow ", count: 200_000))
      case "/missing": write(context, .notFound, "allow nothing")
      default: write(context, .ok, request.body.contains("forbidden") ? "block" : "allow")
      }
    }

    private func write(
      _ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ text: String, length: Int? = nil, ends: Bool = true
    ) {
      let headers: HTTPHeaders = ["Content-Length": "\(length ?? text.utf8.count)", "X-Evidence": "{\"by\":\"service\"}"]
      context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
      if ends { context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil) }
    }
  }
}
