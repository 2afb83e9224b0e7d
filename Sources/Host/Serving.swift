internal import CLinux
internal import Glibc
internal import JSON
internal import Logging
internal import MCP
internal import NIOCore
internal import NIOHTTP1
internal import ServiceLifecycle
internal import UnixSignals

extension Gateway {
  /// Listens until SIGTERM or SIGINT, then lets requests finish, ends the children and exports what was recorded. SIGHUP reads the configuration again and looks for new builds
  /// of plugins.
  /// - Parameter onListening: called once with the port in use.
  package func serve(host: String?, port: Int?, onListening: @escaping @Sendable (String, Int) -> Void) async throws {
    OpenFiles.raiseLimit()
    FreedMemory.keep()
    var listener = try await states.current().config.gateway
    if let host { listener.host = host }
    if let port { listener.port = port }
    try listener.refuseExposedPlaintext()
    let tls = try listener.tls.map { settings throws(GatewayError) in try TLSIdentity(settings, log: log.scoped("tls")) }
    let (upstream, memory) = (services.upstream, services.pipeline.memory)
    let sessions = SessionStore(maxSessions: listener.maxSessions, idleExpiry: listener.sessionIdleTimeout) {
      upstream.endSession($0)
      memory.end(session: $0)
    }
    let endpoint = MCPEndpoint(
      listener: listener, states: states, authenticator: services.authenticator(uses: keyUses),
      server: GatewayServer(services: services), sessions: sessions, observation: services.observation)
    let listenerService = ListenerService(gateway: self, settings: listener, tls: tls, endpoint: endpoint, onListening: onListening)
    let running: [any Service] =
      [
        TelemetryService(hub: telemetry), ReloadService(store: store, reloads: reloads, log: log),
        ConfigWatch(store: store, pins: services.discovery.pins), PluginWatch(states: states, reloads: reloads),
        SelfTestService(states: states, log: log.scoped("guardrails")), SessionSweep(sessions: sessions, memory: memory),
        listenerService,
      ] + (try adminService(shutdownTimeout: listener.shutdownTimeout).map { [$0] } ?? [])
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: running.map { .init(service: $0) },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "service-lifecycle") { _ in SwiftLogNoOpLogHandler() }))
    try await group.run()
    await close(deadline: .now() + listener.shutdownTimeout)
  }
}

extension Gateway {
  /// The REST API, where the configuration asks for it.
  private func adminService(shutdownTimeout: TimeAmount) throws -> AdminService? {
    let settings = store.snapshot.config.adminAPI
    guard settings.isEnabled else { return nil }
    guard store.source.isOwn, let path = store.source.path else { return nil }
    return try AdminService(
      store: store, configPath: path, executablePath: ExecutablePath.current().path, settings: settings, keyUses: keyUses, group: group,
      shutdownTimeout: shutdownTimeout, log: log,
      gateway: RunningGateway(
        plugins: LivePlugins(host: plugins, reloads: reloads), context: { try await self.operatorContext(config: $0) },
        timeouts: { try await TimeoutReport.report(self.services.observation, self.states.current()) }))
  }
}

extension Gateway {
  /// Serves one client at standard input and output, until its input ends or a stop signal comes. Who calls is known from `environment`: there are no headers.
  package func serve(_ streams: StandardStreams, environment: [String: String]) async throws {
    FreedMemory.keep()
    let settings = try await states.current().config.gateway
    let parts = StdioConversation.Parts(
      states: states, authenticator: services.authenticator(uses: keyUses),
      server: GatewayServer(services: services), credentials: Self.credentials(in: environment),
      jsonLimits: JSONLimits(maxBytes: settings.maxBodyBytes))
    let service = StdioService(streams: streams, gateway: self, parts: parts, settings: settings)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          .init(service: TelemetryService(hub: telemetry)), .init(service: ReloadService(store: store, reloads: reloads, log: log)),
          .init(service: ConfigWatch(store: store, pins: services.discovery.pins)),
          .init(service: PluginWatch(states: states, reloads: reloads)),
          .init(service: SelfTestService(states: states, log: log.scoped("guardrails"))),
          .init(service: service, successTerminationBehavior: .gracefullyShutdownGroup),
        ],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "service-lifecycle") { _ in SwiftLogNoOpLogHandler() }))
    try await group.run()
    await close(deadline: .now() + settings.shutdownTimeout)
  }

  /// As the headers that say the same over HTTP.
  private static func credentials(in environment: [String: String]) -> HTTPHeaders {
    var headers = HTTPHeaders()
    for (variable, header) in [
      ("ENKRYPT_GATEWAY_KEY", "enkrypt_gateway_key"), ("ENKRYPT_PROJECT_ID", "project_id"), ("ENKRYPT_USER_ID", "user_id"),
    ] {
      if let value = environment[variable], !value.isEmpty { headers.add(name: header, value: value) }
    }
    return headers
  }
}

/// Begins to read only when stop signals are heard.
private struct StdioService: Service {
  let streams: StandardStreams
  let gateway: Gateway
  let parts: StdioConversation.Parts
  let settings: ListenerSettings

  func run() async throws {
    let listener = try await StdioListener.start(
      streams, group: gateway.group, parts: parts, maxLineBytes: settings.maxBodyBytes, drainTimeout: settings.shutdownTimeout)
    await withGracefulShutdownHandler {
      await listener.finished()
    } onGracefulShutdown: {
      listener.stop()
    }
  }
}

extension ListenerSettings {
  /// Keys and answers in clear on a network need the operator's word.
  func refuseExposedPlaintext() throws(GatewayError) {
    guard isLoopback || allowsPlaintext || tls != nil else {
      throw GatewayError(
        .configurationInvalid, "The gateway would serve plain HTTP on \(host), where others can read it.",
        suggestions: [
          "Give a certificate in gateway.tls, listen on 127.0.0.1, or set gateway.allow_plaintext to true behind a proxy that ends TLS."
        ])
    }
  }
}

private struct ListenerService: Service {
  let gateway: Gateway
  let settings: ListenerSettings
  let tls: TLSIdentity?
  let endpoint: MCPEndpoint
  let onListening: @Sendable (String, Int) -> Void

  func run() async throws {
    let listener = try await start()
    gateway.log.info("Listening", ["host": settings.host, "port": String(listener.port), "path": settings.path])
    onListening(settings.host, listener.port)
    try? await gracefulShutdown()
    gateway.services.changes.endAll()
    await listener.stop(deadline: .now() + settings.shutdownTimeout)
  }

  private func start() async throws -> HTTPListener {
    do {
      return try await HTTPListener.start(
        group: gateway.group,
        settings: HTTPListenerSettings(
          host: settings.host, port: settings.port, maxBodyBytes: settings.maxBodyBytes, maxConnections: settings.maxConnections),
        tls: tls, application: endpoint)
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      throw GatewayError(
        .unavailable, "Port \(settings.port) of \(settings.host) is in use.",
        suggestions: ["Stop what listens there, or choose another port with --port or gateway.port."])
    } catch {
      throw GatewayError(.unavailable, "The gateway cannot listen on \(settings.host):\(settings.port).", cause: "\(error)")
    }
  }
}

private struct TelemetryService: Service {
  let hub: TelemetryHub

  func run() async { await cancelWhenGracefulShutdown { await hub.run() } }
}

/// Ends sessions that nobody uses, so that clients which never say goodbye cost nothing.
private struct SessionSweep: Service {
  let sessions: SessionStore
  let memory: SessionStates

  func run() async {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do { try await Task.sleep(for: .seconds(Limits.Session.sweepIntervalSeconds)) } catch { return }
        sessions.expireIdle()
        memory.expireIdle()
      }
    }
  }
}

/// Looks at the configuration file and the pins now and then, so that clients which only listen hear of a change. Every request looks as well.
private struct ConfigWatch: Service {
  let store: ConfigStore
  let pins: PinBook

  func run() async {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do { try await Task.sleep(for: .seconds(Limits.Config.watchIntervalSeconds)) } catch { return }
        _ = await store.current()
        await pins.refresh()
      }
    }
  }
}

/// Notices new builds of plugins, unless the operator wants to be asked.
private struct PluginWatch: Service {
  let states: StateSource
  let reloads: PluginReloads

  func run() async {
    await cancelWhenGracefulShutdown { await reloads.watch { states.latest.config.plugins.watchesFolders } }
  }
}

/// Tries the guardrails without which the gateway serves, and goes on trying those that give no verdict, so that they count as working as soon as they do.
private struct SelfTestService: Service {
  let states: StateSource
  let log: Log

  func run() async {
    await cancelWhenGracefulShutdown {
      weak var tested: GatewayState?
      var works = true
      var next = NIODeadline.now()
      var pause = Limits.Guardrails.firstSelfTestPause
      while !Task.isCancelled {
        let state = states.latest
        if state !== tested { pause = Limits.Guardrails.firstSelfTestPause }
        if state !== tested || !works && NIODeadline.now() >= next {
          works = await SelfTest(log: log).tryRest(state)
          tested = state
          next = .now() + pause
          pause = min(pause * 2, Limits.Guardrails.maxSelfTestPause)
        }
        do { try await Task.sleep(for: .nanoseconds(Limits.Guardrails.firstSelfTestPause.nanoseconds)) } catch { return }
      }
    }
  }
}

private struct ReloadService: Service {
  let store: ConfigStore
  let reloads: PluginReloads
  let log: Log

  func run() async {
    await cancelWhenGracefulShutdown {
      for await _ in await UnixSignalsSequence(trapping: .sighup) {
        log.info("SIGHUP: reading the configuration again, and looking for new builds of plugins")
        _ = await store.current()
        do { _ = try await reloads.reload(isAsked: true) } catch {
          log.error("The plugin folders could not be searched", ["reason": "\(error)"])
        }
      }
    }
  }
}

/// Memory for messages: what one leaves is kept for the next instead of being given back to the kernel, which would fill its pages anew each time.
private enum FreedMemory {
  private static let keptBytes: Int32 = 16 << 20
  private static let largestKeptBlockBytes: Int32 = 4 << 20

  static func keep() { smg_keep_freed_memory(keptBytes, largestKeptBlockBytes) }
}

/// Descriptors for connections and children: the soft limit is raised to what the system permits.
private enum OpenFiles {
  static func raiseLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}

extension GatewayServices {
  /// Knows callers; whoever gets another configuration than before is told of it, and what was known of its servers is forgotten.
  func authenticator(uses: KeyUses?) -> Authenticator {
    Authenticator(observation: observation, uses: uses) { [catalogue, changes] old, new in
      let names = new.differences(from: old)
      guard !names.isEmpty else { return }
      for name in names { catalogue.forget(Set(ItemKind.allCases), configID: new.id, server: name) }
      changes.changed(Set(ListChange.allCases), configID: new.id, server: nil)
    }
  }
}
