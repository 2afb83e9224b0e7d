internal import Egress
internal import FoundationEssentials
internal import MCP
package import NIOCore
internal import NIOPosix

/// The composition root: configuration → plugins → rooms → services. Everything that lives long is made here, once.
package final class Gateway: Sendable {
  package let services: GatewayServices
  package let store: ConfigStore
  let states: StateSource
  let plugins: PluginHost
  package let reloads: PluginReloads
  let egress: EgressClient
  let telemetry: TelemetryHub
  /// Nil where there is no file of configuration to keep them beside.
  let keyUses: KeyUses?
  let group: any EventLoopGroup
  let log: Log

  /// Loads and binds the plugins that the configuration names. Starts nothing that listens.
  /// - Throws: `ConfigError`, `PluginHostError` or `GatewayError`, each with what was wrong and where.
  /// - Parameter isServing: false for a command that answers and ends: its standard output is for the answer, so nothing is exported, and only warnings are logged.
  package static func open(_ source: ConfigSource, executable: ExecutablePath, isServing: Bool) async throws -> Gateway {
    let metrics = GatewayMetrics()
    let pluginMetrics = PluginMetrics()
    let console = ConsoleLog(minimumLevel: isServing ? .trace : .warning)
    let telemetry = TelemetryHub(console: console, metrics: metrics, pluginMetrics: pluginMetrics, isExporting: isServing)
    do {
      return try await open(source, executable, metrics, pluginMetrics, telemetry, isServing: isServing)
    } catch {
      telemetry.flush()
      throw error
    }
  }

  private static func open(
    _ source: ConfigSource, _ executable: ExecutablePath, _ metrics: GatewayMetrics, _ pluginMetrics: PluginMetrics,
    _ telemetry: TelemetryHub, isServing: Bool
  ) async throws -> Gateway {
    let log = Log(sink: telemetry, scope: "gateway")
    let store = try ConfigStore.load(source: source, environment: ProcessInfo.processInfo.environment, log: log.scoped("config"))
    let snapshot = store.snapshot
    telemetry.use([], minimumLevel: snapshot.config.common.logLevel)
    let egress = try EgressClient(.gateway(environment: ProcessInfo.processInfo.environment))
    let plugins = PluginHost(
      settings: PluginSettings(snapshot.config.plugins, executable: executable, log: log), directory: store, egress: egress,
      log: log.scoped("plugins"), metrics: pluginMetrics)
    metrics.plugins.use(plugins)
    try plugins.load()
    let binder = PluginBinder(host: plugins, telemetry: telemetry, register: metrics.guardrails, log: log)
    let bound = try await binder.bind(snapshot)
    binder.adopt(bound)
    let selfTest = SelfTest(log: log.scoped("guardrails"))
    if isServing { try await selfTest.require(bound.state) }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: snapshot.config.gateway.eventLoops)
    let observation = Observation(log: log, metrics: metrics, timeouts: TimeoutMetrics(), telemetry: telemetry)
    let executor = LoopExecutor(group.any())
    let catalogue = Catalogue(metrics: metrics, executor: executor)
    let changes = ChangeHub(on: group.any())
    let visits = PageVisits()
    let memory = SessionStates(idleExpiry: snapshot.config.gateway.sessionIdleTimeout)
    let upstream = UpstreamPool(
      group: group,
      setup: UpstreamSetup(
        supervisorPath: executable.path, log: log.scoped("upstream"), clientInfo: .gateway, egress: egress,
        onNotification: { server, notification in
          log.debug("notification from a server", ["server": server.name, "method": notification.method])
          catalogue.note(notification, from: server)
          visits.note(notification, configID: server.configID, server: server.name)
          if let list = ListChange(method: notification.method) { changes.changed([list], configID: server.configID, server: server.name) }
        },
        onReturn: { server in
          catalogue.forget(Set(ItemKind.allCases), configID: server.configID, server: server.name)
          changes.changed(Set(ListChange.allCases), configID: server.configID, server: server.name)
        }))
    let pins = PinBook(store: source.path.map { PinStore(configPath: $0) }, log: log.scoped("pins"))
    pins.onChange { servers in
      for server in servers {
        catalogue.forget(Set(ItemKind.allCases), configID: server.configID, server: server.server)
        changes.changed([.tools], configID: server.configID, server: server.server)
      }
    }
    let states = StateSource(store: store, initial: bound.state, pins: pins)
    let services = GatewayServices(
      upstream: upstream, catalogue: catalogue, observation: observation, changes: changes, states: states,
      visits: visits, pins: pins, memory: memory, held: HeldCalls(inputTimeout: snapshot.config.gateway.inputTimeout))
    let turns = Turns()
    let reloads = PluginReloads(host: plugins, binder: binder, selfTest: selfTest, states: states, turns: turns, log: log) { bound in
      binder.adopt(bound)
      states.replace(bound.state)
      catalogue.forgetAll()
      services.discovery.verdicts.forgetAll()
      services.subscriptions.renew(bound.state)
    }
    let keyUses = source.isOwn ? source.path.map { KeyUses(configPath: $0, eventLoop: group.any(), log: log.scoped("auth")) } : nil
    let gateway = Gateway(
      store: store, states: states, plugins: plugins, reloads: reloads, egress: egress, telemetry: telemetry, keyUses: keyUses,
      group: group, services: services)
    gateway.followChanges(binder, selfTest, turns)
    return gateway
  }

  private init(
    store: ConfigStore, states: StateSource, plugins: PluginHost, reloads: PluginReloads, egress: EgressClient, telemetry: TelemetryHub,
    keyUses: KeyUses?, group: any EventLoopGroup, services: GatewayServices
  ) {
    self.store = store
    self.states = states
    self.plugins = plugins
    self.reloads = reloads
    self.egress = egress
    self.telemetry = telemetry
    self.keyUses = keyUses
    self.group = group
    self.services = services
    log = services.observation.log
  }

  /// A changed file becomes the state only when every plugin that it names could be bound, and its guardrails give verdicts; else it is refused whole.
  private func followChanges(_ binder: PluginBinder, _ selfTest: SelfTest, _ turns: Turns) {
    store.onChange { [states, services, plugins, log] snapshot, previous in
      let bound = try await turns.run {
        try await plugins.trusting(snapshot.config.plugins.trust, insteadOf: previous.config.plugins.trust) {
          let bound = try await binder.bind(snapshot)
          try await selfTest.require(bound.state)
          binder.adopt(bound)
          states.replace(bound.state)
          return bound
        }
      }
      services.subscriptions.renew(bound.state)
      services.changes.changed(VisibleChanges(from: previous.config, to: snapshot.config))
      services.upstream.retire { !bound.state.uses($0) }
      if !snapshot.config.startsAlike(previous.config) {
        log.warning("Changes of gateway, admin_api and plugins.path take effect at the next start")
      }
    }
  }

  /// Whoever runs the command may see every configuration: its file is theirs.
  package func operatorContext(config name: String?) async throws(GatewayError) -> OperationContext {
    let state = try await states.current()
    let mcpConfig = try state.config.mcpConfig(named: name)
    let caller = Caller(principal: "operator", projectID: "", userID: "", role: "administrator", mcpConfig: mcpConfig, state: state)
    return OperationContext(
      caller: caller, request: RequestContext(id: RandomID.uuid(), session: nil), services: services)
  }

  /// Ends conversations with servers, plugins, outbound requests and threads, in this order.
  package func close(deadline: NIODeadline) async {
    services.held.endAll()
    await services.upstream.shutdown(deadline: deadline)
    await keyUses?.write()
    telemetry.flush()
    await plugins.shutdown(deadline: deadline)
    await egress.shutdown()
    do { try await group.shutdownGracefully() } catch { log.error("The event loops did not stop", ["reason": "\(error)"]) }
  }
}

extension EgressSettings {
  /// Bounds of the gateway's one client, and the proxy that the environment names.
  static func gateway(environment: [String: String]) throws(EgressError) -> EgressSettings {
    var settings = EgressSettings()
    settings.maxTransfers = Limits.Upstream.maxOutboundTransfers
    settings.proxy = try ProxySettings(environment: environment)
    return settings
  }
}

extension GatewayServices {
  convenience init(
    upstream: UpstreamPool, catalogue: Catalogue, observation: Observation, changes: ChangeHub, states: StateSource,
    visits: PageVisits, pins: PinBook, memory: SessionStates, held: HeldCalls
  ) {
    let discovery = Discovery(upstream: upstream, catalogue: catalogue, observation: observation, pins: pins)
    let pipeline = Pipeline(
      discovery: discovery, upstream: upstream, observation: observation, states: states, visits: visits, memory: memory)
    self.init(
      discovery: discovery, pipeline: pipeline, subscriptions: ResourceSubscriptions(pipeline: pipeline), upstream: upstream,
      catalogue: catalogue, observation: observation, changes: changes, held: held)
  }
}

extension GatewayState {
  /// Whether a running child still is what the configuration describes.
  func uses(_ server: UpstreamServer) -> Bool {
    // Those of a fetched configuration end when they are idle.
    if auth.fetchesConfigs, server.configID.hasPrefix(MCPConfig.fetchedPrefix) { return true }
    guard let mcpConfig = config.mcpConfigs[server.configID], let entry = mcpConfig.server(named: server.name) else { return false }
    do throws(GatewayError) { return try upstream(entry, of: mcpConfig).revision == server.revision } catch { return false }
  }
}

extension GatewayConfig {
  /// Whether what is read only at the start is the same.
  func startsAlike(_ other: GatewayConfig) -> Bool {
    gateway == other.gateway && adminAPI == other.adminAPI && plugins.searchPaths == other.plugins.searchPaths
  }

  /// The configuration of that name or id; without one, the only one there is.
  func mcpConfig(named name: String?) throws(GatewayError) -> MCPConfig {
    let all = mcpConfigs.values.sorted { $0.name < $1.name }
    let found = name.map { name in all.filter { $0.name == name || $0.id == name } } ?? all
    guard let config = found.first, found.count == 1 else {
      let names = all.map(\.name).joined(separator: ", ")
      throw GatewayError(
        .configurationMissing, name.map { "There is no MCP config '\($0)'." } ?? "There is not exactly one MCP config.",
        suggestions: ["Name one with --config-name. There are: \(names.isEmpty ? "none" : names)."])
    }
    return config
  }
}
