import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import Host

@Suite struct KeepAliveTests {
  /// Answers every request with an event stream on which nothing happens.
  private struct Quiet: HTTPApplication {
    func answer(_ request: HTTPRequest, exchange: NIOLoopBound<HTTPExchange>) async -> HTTPAnswer {
      exchange.value.carry(EventStream(name: nil)) ? .carried : HTTPAnswer(.serviceUnavailable)
    }

    func answerHeaders(for headers: HTTPHeaders) -> HTTPHeaders { [:] }
  }

  /// Succeeds with what came, once `count` comments are among it.
  private final class Reader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private var text = ""
    private let count: Int
    private let found: EventLoopPromise<String>

    init(_ count: Int, _ found: EventLoopPromise<String>) {
      self.count = count
      self.found = found
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      text += String(buffer: unwrapInboundIn(data))
      if text.split(separator: "\r\n").count(where: { $0 == ":\n\n" }) >= count { found.succeed(text) }
    }

    func channelInactive(context: ChannelHandlerContext) { found.fail(ChannelError.eof) }
  }

  @Test func `t13 a quiet event stream gets a comment, again and again`() async throws {
    let group = MultiThreadedEventLoopGroup.singleton
    var settings = HTTPListenerSettings(host: "127.0.0.1", port: 0)
    settings.keepAliveInterval = .milliseconds(20)
    let listener = try await HTTPListener.start(group: group, settings: settings, application: Quiet())
    let found = group.any().makePromise(of: String.self)
    let late = group.any().scheduleTask(in: .seconds(20)) { found.fail(ChannelError.connectTimeout(.seconds(20))) }
    let channel = try await ClientBootstrap(group: group)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Reader(3, found)) }
      }
      .connect(host: "127.0.0.1", port: listener.port).get()
    try await channel.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    let text = try await found.futureResult.get()
    late.cancel()
    #expect(text.lowercased().contains("content-type: text/event-stream"))
    #expect(!text.contains("data:") && !text.contains("event:"), "nothing but comments")
    try await channel.close()
    await listener.stop(deadline: .now() + .seconds(5))
  }

  @Test func `t13 that is at the latest every fifteen seconds`() {
    #expect(HTTPListenerSettings(host: "127.0.0.1", port: 0).keepAliveInterval < .seconds(15))
  }
}
