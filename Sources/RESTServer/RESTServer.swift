internal import HummingbirdCore
internal import Logging
package import NIOCore
package import NIOSSL
internal import ServiceLifecycle

/// Where a server listens and what it allows.
package struct RESTServerSettings: Sendable {
  package var host: String
  /// 0: the system chooses.
  package var port: Int
  package var maxConnections: Int
  package var maxHeaderBytes: Int
  package var maxBodyBytes: Int
  /// Of all requests together.
  package var maxBodyBytesTogether: Int
  /// A connection without a request, or a request that makes no progress.
  package var idleTimeout: TimeAmount
  /// From the head of a request to the end of its body.
  package var bodyTimeout: TimeAmount
  /// How long requests under way may take to finish when the server stops.
  package var shutdownTimeout: TimeAmount
  /// What the next connection is shown; nil: plain HTTP.
  package var tls: (@Sendable () -> NIOSSLContext)?

  package init(
    host: String, port: Int, maxConnections: Int, maxHeaderBytes: Int, maxBodyBytes: Int, maxBodyBytesTogether: Int,
    idleTimeout: TimeAmount,
    bodyTimeout: TimeAmount, shutdownTimeout: TimeAmount, tls: (@Sendable () -> NIOSSLContext)? = nil
  ) {
    self.host = host
    self.port = port
    self.maxConnections = maxConnections
    self.maxHeaderBytes = maxHeaderBytes
    self.maxBodyBytes = maxBodyBytes
    self.maxBodyBytesTogether = maxBodyBytesTogether
    self.idleTimeout = idleTimeout
    self.bodyTimeout = bodyTimeout
    self.shutdownTimeout = shutdownTimeout
    self.tls = tls
  }
}

/// An HTTP server on Hummingbird's core. It knows nothing of what it serves.
package struct RESTServer: Sendable {
  package typealias Handler = @Sendable (RESTRequest) async -> RESTAnswer

  private let settings: RESTServerSettings
  private let group: any EventLoopGroup
  private let exchange: RESTExchange
  private let onListening: @Sendable (Int) -> Void

  /// - Parameter onListening: told the port in use.
  package init(
    _ settings: RESTServerSettings, group: any EventLoopGroup, onListening: @escaping @Sendable (Int) -> Void, handler: @escaping Handler
  ) {
    self.settings = settings
    self.group = group
    self.onListening = onListening
    exchange = RESTExchange(settings: settings, handler: handler)
  }

  /// Until it is told to stop, as a service of a `ServiceGroup`; then requests under way may finish.
  /// - Throws: what bind(2) said, as `IOError`.
  package func run() async throws {
    let server = server()
    let patience = settings.shutdownTimeout
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      group.addTask {
        try await gracefulShutdown()
        try await Task.sleep(for: .nanoseconds(patience.nanoseconds))
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func server() -> any Service {
    let logger = Logger(label: "hummingbird") { _ in SwiftLogNoOpLogHandler() }
    let exchange = exchange
    let onListening = onListening
    let http = HTTP1Channel(
      responder: { request, writer, channel in try await exchange.respond(request, writer, channel) }, configuration: channelConfiguration)
    return RESTChannel(http: http, tls: settings.tls).server(
      configuration: ServerConfiguration(
        address: .hostname(settings.host, port: settings.port),
        availableConnectionsDelegate: MaximumAvailableConnections(settings.maxConnections, logger: logger)),
      onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) }, eventLoopGroup: group, logger: logger)
  }

  private var channelConfiguration: HTTP1Channel.Configuration {
    HTTP1Channel.Configuration(
      idleTimeout: settings.idleTimeout,
      httpDecoderConfiguration: .init(maxHeaderFieldSize: settings.maxHeaderBytes, maxHeaderListSize: settings.maxHeaderBytes))
  }
}

/// One connection: HTTP/1.1, in TLS where there is a certificate.
private struct RESTChannel: ServerChildChannel {
  typealias Value = HTTP1Channel.Value

  let http: HTTP1Channel
  let tls: (@Sendable () -> NIOSSLContext)?

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    guard let tls else { return http.setup(channel: channel, logger: logger) }
    return channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls()))
    }.flatMap { http.setup(channel: channel, logger: logger) }
  }

  @concurrent func handle(value: Value, logger: Logger) async { await http.handle(value: value, logger: logger) }
}
