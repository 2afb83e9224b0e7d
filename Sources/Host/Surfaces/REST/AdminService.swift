internal import JSON
package import NIOCore
internal import NIOPosix
internal import RESTServer
internal import ServiceLifecycle

/// The REST API as a service: the API, the threads that it works on, and the server that carries it.
package struct AdminService: Service {
  private let api: AdminAPI
  private let settings: AdminAPISettings
  private let group: any EventLoopGroup
  private let threads: NIOThreadPool
  private let tls: TLSIdentity?
  private let shutdownTimeout: TimeAmount
  private let log: Log
  private let onListening: @Sendable (Int) throws -> Void

  /// - Parameters:
  ///   - gateway: that this is a part of.
  ///   - onListening: told the port in use.
  package init(
    store: ConfigStore, configPath: String, executablePath: String, settings: AdminAPISettings, keyUses: KeyUses?,
    group: any EventLoopGroup, shutdownTimeout: TimeAmount, log: Log, gateway: RunningGateway? = nil,
    onListening: @escaping @Sendable (Int) throws -> Void = { _ in }
  ) throws(GatewayError) {
    try settings.refuseExposedPlaintext()
    let log = log.scoped("rest")
    tls = try settings.tls.map { tls throws(GatewayError) in try TLSIdentity(tls, setting: "admin_api.tls", log: log) }
    threads = NIOThreadPool(numberOfThreads: Limits.REST.threads)
    api = AdminAPI(
      store: store, configPath: configPath, executablePath: executablePath, settings: settings, keyUses: keyUses, threads: threads,
      log: log, gateway: gateway
    )
    self.settings = settings
    self.group = group
    self.shutdownTimeout = shutdownTimeout
    self.log = log
    self.onListening = onListening
  }

  package func run() async throws {
    threads.start()
    do {
      try await server().run()
    } catch {
      try await threads.shutdownGracefully()
      throw Self.explained(error, settings)
    }
    try await threads.shutdownGracefully()
  }

  private func server() -> RESTServer {
    let api = api
    return RESTServer(serverSettings, group: group, onListening: listening) { request in await api.answer(request) }
  }

  private var serverSettings: RESTServerSettings {
    var server = RESTServerSettings(
      host: settings.host, port: settings.port, maxConnections: settings.maxConnections, maxHeaderBytes: Limits.REST.maxHeaderBytes,
      maxBodyBytes: settings.maxBodyBytes, maxBodyBytesTogether: max(Limits.REST.maxBodyBytesTogether, settings.maxBodyBytes),
      idleTimeout: Limits.REST.idleTimeout, bodyTimeout: Limits.REST.bodyTimeout, shutdownTimeout: shutdownTimeout)
    if let tls { server.tls = { tls.current() } }
    return server
  }

  @Sendable private func listening(on port: Int) {
    log.info("The REST API listens", ["host": settings.host, "port": String(port)])
    do { try onListening(port) } catch { log.error("The REST API cannot be told of", ["reason": "\(error)"]) }
  }

  private static func explained(_ error: any Error, _ settings: AdminAPISettings) -> any Error {
    guard let failure = error as? IOError else { return error }
    guard failure.errnoCode == EADDRINUSE else {
      return GatewayError(.unavailable, "The REST API cannot listen on \(settings.host):\(settings.port).", cause: "\(failure)")
    }
    return GatewayError(
      .unavailable, "Port \(settings.port) of \(settings.host) is in use.",
      suggestions: ["Stop what listens there, or choose another port for the REST API with admin_api.port or `system start-api --port`."])
  }
}

extension AdminAPISettings {
  /// Keys in clear on a network need the operator's word.
  func refuseExposedPlaintext() throws(GatewayError) {
    guard ListenerSettings.isLoopback(host) || allowsPlaintext || tls != nil else {
      throw GatewayError(
        .configurationInvalid, "The REST API would serve plain HTTP on \(host), where others can read it.",
        suggestions: [
          "Give a certificate in admin_api.tls, listen on 127.0.0.1, or set admin_api.allow_plaintext to true behind a proxy that ends TLS."
        ])
    }
  }
}
