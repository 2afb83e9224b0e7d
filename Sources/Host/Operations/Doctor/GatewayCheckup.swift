internal import Glibc
internal import JSON
internal import NIOCore
internal import NIOPosix

/// What only an opened gateway can tell: plugins, the port, and the servers.
struct GatewayCheckup {
  let gateway: Gateway

  func findings(asksServers: Bool) async -> [Finding] {
    let snapshot = gateway.store.snapshot
    var findings = snapshot.warnings.map { Finding.warning("configuration", $0.description) }
    if findings.isEmpty { findings = [.ok("configuration", "\(snapshot.source.description) is right in every part")] }
    findings.append(.ok("plugins", "\(gateway.plugins.providers.count) providers found, those that are named could be started"))
    findings += await ports(snapshot.config)
    findings += await guardrails()
    guard asksServers else { return findings }
    for config in snapshot.config.mcpConfigs.values.sorted(by: { $0.name < $1.name }) { findings += await servers(of: config) }
    return findings
  }

  /// What a start would find out about them.
  private func guardrails() async -> [Finding] {
    await SelfTest(log: gateway.log.scoped("guardrails")).results(gateway.states.latest).map { result in
      let check = "guardrail \(result.name)"
      guard let reason = result.failure else {
        return result.proven == 0
          ? .warning(check, "nothing that it judges is used", "Enable a policy of a server, or take it out of plugins.guardrails.")
          : .ok(check, "gives verdicts")
      }
      let consequence =
        result.isIndispensable
        ? "`serve` would refuse to start; \"startup\": \"degraded\" in its binding lets it block instead."
        : "Its on_failure decides meanwhile."
      return .problem(check, "no verdict: \(reason)", consequence)
    }
  }

  /// Of the gateway, and of the REST API where `serve` serves it too.
  private func ports(_ config: GatewayConfig) async -> [Finding] {
    let gateway = config.gateway
    let api = config.adminAPI
    let first = await port(gateway.host, gateway.port, setting: "gateway", check: "port")
    guard api.isEnabled else { return [first] }
    guard api.port == 0 || api.port != gateway.port || api.host != gateway.host else {
      return [
        first,
        .problem(
          "admin_api port", "\(api.host):\(api.port) is the gateway's own place", "Set admin_api.port to another than gateway.port."),
      ]
    }
    return [first, await port(api.host, api.port, setting: "admin_api", check: "admin_api port")]
  }

  private func port(_ host: String, _ port: Int, setting: String, check: String) async -> Finding {
    let place = "\(host):\(port)"
    do {
      let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1).bind(host: host, port: port).get()
      try await channel.close()
      return .ok(check, "\(place) is free")
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
      return .warning(
        check, "\(place) is in use", "Fine if it is this gateway that runs; else set \(setting).port, or stop the other program.")
    } catch {
      return .problem(check, "\(place) cannot be used: \(error)", "Set \(setting).host and \(setting).port.")
    }
  }

  /// Side by side, since each may have to be downloaded first.
  private func servers(of config: MCPConfig) async -> [Finding] {
    let context: OperationContext
    do throws(GatewayError) { context = try await gateway.operatorContext(config: config.id) } catch {
      return [.problem("servers of \(config.name)", error)]
    }
    return await withTaskGroup(of: (Int, Finding).self) { group in
      for (index, server) in config.servers.enumerated() {
        group.addTask { (index, await Self.ask(server, of: config, context)) }
      }
      var findings: [(Int, Finding)] = []
      for await finding in group { findings.append(finding) }
      return findings.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private static func ask(_ server: ServerEntry, of config: MCPConfig, _ context: OperationContext) async -> Finding {
    let check = "server \(server.name) of \(config.name)"
    let start = NIODeadline.now()
    do throws(GatewayError) {
      let answer = try await ServerDiscover.one(server, context)
      let milliseconds = (NIODeadline.now() - start).nanoseconds / 1_000_000
      let blocked = answer["blocked_count"]?.intValue ?? 0
      let tools = answer["tools"]?.arrayValue?.count ?? answer["tools"]?.objectValue?.count ?? 0
      if answer["source"]?.stringValue == "config" {
        return .ok(check, "\(tools) tool(s), named in the configuration: the server was not asked")
      }
      guard blocked == 0 else {
        return .warning(
          check, "\(tools) tool(s) in \(milliseconds) ms; \(blocked) kept back by a guardrail", "`server discover` says which, and why.")
      }
      return .ok(check, "\(tools) tool(s) in \(milliseconds) ms")
    } catch {
      return .problem(check, error)
    }
  }
}
