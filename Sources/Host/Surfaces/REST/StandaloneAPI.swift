internal import FoundationEssentials
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// The REST API as a process of its own, without a gateway.
struct StandaloneAPI {
  private let store: ConfigStore
  private let configPath: String
  private let executablePath: String
  private let settings: AdminAPISettings
  private let console = ConsoleLog(minimumLevel: .info)

  init(_ context: LocalContext, host: String?, port: Int?) throws {
    let source = context.lookup.find()
    guard source.isOwn, let path = source.path else {
      throw GatewayError(
        .configurationMissing, "There is no configuration file.",
        suggestions: ["Write one with `secure-mcp-gateway generate-config`, or name one with --config."])
    }
    configPath = path
    executablePath = context.executable.path
    store = try ConfigStore.load(source: source, environment: ProcessInfo.processInfo.environment, log: Log(sink: console, scope: "config"))
    var settings = store.snapshot.config.adminAPI
    settings.host = host ?? settings.host
    settings.port = port ?? settings.port
    self.settings = settings
  }

  static func settings(of source: ConfigSource) throws -> AdminAPISettings {
    try ConfigStore.load(
      source: source, environment: ProcessInfo.processInfo.environment, log: Log(sink: ConsoleLog(minimumLevel: .error), scope: "config")
    )
    .snapshot.config.adminAPI
  }

  /// Until SIGTERM or SIGINT. `onListening` is told the port in use.
  func run(onListening: @escaping @Sendable (AdminAPISettings, Int) -> Void) async throws {
    let log = Log(sink: console, scope: "api")
    let (path, settings) = (configPath, settings)
    if store.snapshot.config.adminKey == nil, !store.snapshot.config.apiKeys.contains(where: { $0.role == .admin }) {
      log.warning("No key administers: `system generate-admin-key` makes one")
    }
    let held = Mutex<APIProcess.Mark?>(nil)
    let group = MultiThreadedEventLoopGroup.singleton
    let keyUses = KeyUses(configPath: path, eventLoop: group.any(), log: log)
    let service = try AdminService(
      store: store, configPath: path, executablePath: executablePath, settings: settings, keyUses: keyUses, group: group,
      shutdownTimeout: Limits.Transport.drainTimeout, log: log
    ) { port in
      held.withLock { held in held = nil }
      let mark = try APIProcess(configPath: path, port: port).mark()
      held.withLock { $0 = mark }
      onListening(settings, port)
    }
    let running = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: service)], gracefulShutdownSignals: [.sigterm, .sigint],
        logger: Logger(label: "service-lifecycle") { _ in SwiftLogNoOpLogHandler() }))
    try await running.run()
    await keyUses.write()
    console.flush()
  }
}
