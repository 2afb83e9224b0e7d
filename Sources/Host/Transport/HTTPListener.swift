package import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Where a listener listens and what it allows. Times without a value of their own come from ``Limits/Transport``.
package struct HTTPListenerSettings: Sendable {
  package var host: String
  package var port: Int
  package var maxBodyBytes: Int
  package var maxConnections: Int
  package var idleTimeout = Limits.Transport.idleTimeout
  package var bodyTimeout = Limits.Transport.bodyTimeout
  package var writeTimeout = Limits.Transport.writeTimeout
  package var keepAliveInterval = Limits.Transport.keepAliveInterval

  package init(
    host: String, port: Int, maxBodyBytes: Int = Limits.Transport.maxBodyBytes, maxConnections: Int = Limits.Transport.maxConnections
  ) {
    self.host = host
    self.port = port
    self.maxBodyBytes = maxBodyBytes
    self.maxConnections = maxConnections
  }
}

/// An HTTP/1.1 server on SwiftNIO, with TLS or without: `start()` binds, `stop(deadline:)` takes no new connection, lets requests finish and closes the rest.
package final class HTTPListener: Sendable {
  private let channel: any Channel
  private let connections: OpenConnections

  /// - Throws: what bind(2) said, e.g. that the address is in use.
  package static func start(
    group: any EventLoopGroup, settings: HTTPListenerSettings, tls: TLSIdentity? = nil, application: any HTTPApplication
  ) async throws -> HTTPListener {
    let connections = OpenConnections(limit: settings.maxConnections)
    let budget = BodyBudget(limit: max(Limits.Transport.maxBodyBytesTogether, settings.maxBodyBytes))
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: Limits.Transport.backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard connections.admit(channel) else { return try channel.pipeline.syncOperations.addHandler(CrowdedConnection()) }
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.current())) }
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: true, withErrorHandling: true)
          try channel.pipeline.syncOperations.addHandler(
            HTTPConnection(
              application: application, settings: settings, executor: LoopExecutor(channel.eventLoop), budget: budget,
              connections: connections))
        }
      }
      .bind(host: settings.host, port: settings.port).get()
    return HTTPListener(channel: channel, connections: connections)
  }

  private init(channel: any Channel, connections: OpenConnections) {
    self.channel = channel
    self.connections = connections
  }

  /// The port in use: the one asked for, or the one the system chose for port 0.
  package var port: Int { channel.localAddress?.port ?? 0 }
  package var connectionCount: Int { connections.count }

  package func stop(deadline: NIODeadline) async {
    channel.close(promise: nil)
    _ = await channel.closeFuture.result()
    while connections.requestsRunning > 0, NIODeadline.now() < deadline {
      _ = await channel.eventLoop.scheduleTask(in: .milliseconds(10)) {}.futureResult.result()
    }
    await connections.closeAll()
  }
}

/// A connection beyond the limit: told so, and closed.
private final class CrowdedConnection: ChannelInboundHandler {
  typealias InboundIn = Never
  typealias OutboundOut = ByteBuffer

  func channelActive(context: ChannelHandlerContext) {
    let text = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: text))).whenComplete { _ in
      bound.value.close(promise: nil)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}
