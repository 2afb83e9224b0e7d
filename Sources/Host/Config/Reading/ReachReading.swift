internal import Egress
internal import JSON
internal import NIOCore

/// `config` of a server, and the settings that concern a server over HTTP: `egress` and `tls`.
struct ReachReader {
  let config: ConfigReader
  let common: CommonSettings

  private var diagnostics: Diagnostics { config.diagnostics }

  /// What `transport` and `type` may say.
  private enum Word: String, CaseIterable {
    case stdio, http, sse
    case streamableHTTP = "streamable-http"
    case streamableHTTPSnake = "streamable_http"
    case streamableHTTPCamel = "streamableHttp"
  }

  /// - Parameter limits: those of the entry, and where they stand.
  func reach(_ fields: Fields, _ network: Network, _ limits: (place: RawJSON, ResourceLimits)?) -> ServerReach? {
    let url = fields.value(anyOf: "url", "serverUrl")
    let command = fields.value("command")
    let place = fields.value(anyOf: "transport", "type")
    let word = place.flatMap { diagnostics.choice($0, Word.self) }
    if let url, command != nil { diagnostics.error(at: url, "a server has either a command or a URL", "keep one of them") }
    if let url {
      fields.accept("args", "env", "cwd")
      if word == .stdio, let place {
        diagnostics.error(at: place, "a server with a URL is not reached over stdio", "remove it, or write \"http\"")
      }
      if let place = limits?.place { diagnostics.error(at: place, "is for servers that are a command only") }
      return remote(fields, url: url, word, network)
    }
    for header in fields.map("headers") { checkedText(header.value) }
    if let place, word != nil, word != .stdio {
      diagnostics.error(at: place, "a server that is a command speaks over stdio", "give its \"url\" in place of its \"command\"")
    }
    if let place = network.place { diagnostics.error(at: place, "is for servers with a URL only") }
    return self.command(fields, limits?.1 ?? .standard).map { .command($0) }
  }

  // MARK: Command

  private func command(_ fields: Fields, _ limits: ResourceLimits) -> ServerCommand? {
    let arguments = fields.array("args").compactMap { checkedText($0) }
    let environment = fields.map("env").compactMap(variable)
    let workingDirectory = fields.string("cwd").map { FilePath.resolve($0, against: config.directory) }
    if let place = fields.value("command"), !common.allowsStdioServers {
      diagnostics.error(at: place, "servers started as a command are switched off by enkrypt_allow_stdio_servers")
    }
    guard let command = fields.requiredString("command") else { return nil }
    return ServerCommand(
      command: command, arguments: arguments, environment: environment, workingDirectory: workingDirectory, limits: limits)
  }

  /// `limits` of a server: what the kernel holds its process to.
  func limits(_ fields: Fields) -> (place: RawJSON, ResourceLimits)? {
    guard let place = fields.value("limits") else { return nil }
    let limits = Fields.read(place, diagnostics) { limits in
      ResourceLimits(
        addressSpaceBytes: limits.int("memory_bytes", in: 16 << 20...Limits.Config.maxLimitBytes),
        openFiles: limits.int("open_files", in: 16...1 << 20), processes: limits.int("processes", in: 1...1 << 22),
        cpuSeconds: limits.int("cpu_seconds", in: 1...Int(Limits.Config.maxDurationSeconds)),
        fileBytes: limits.int("file_bytes", in: 0...Limits.Config.maxLimitBytes),
        coreBytes: limits.int("core_bytes", in: 0...Limits.Config.maxLimitBytes) ?? ResourceLimits.standard.coreBytes)
    }
    return limits.map { (place, $0) }
  }

  @discardableResult
  private func checkedText(_ value: RawJSON) -> String? {
    config.checkReferences(value)
    return diagnostics.string(value)
  }

  private func variable(_ member: (name: String, key: RawJSON, value: RawJSON)) -> EnvironmentVariable? {
    if member.name.isEmpty || member.name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "=") }) {
      diagnostics.error(at: member.key, "not a name of an environment variable")
    }
    return checkedText(member.value).map { EnvironmentVariable(name: member.name, value: $0) }
  }

  // MARK: URL

  private func remote(_ fields: Fields, url place: RawJSON, _ word: Word?, _ network: Network) -> ServerReach? {
    let headers = fields.map("headers").compactMap(header)
    guard let url = checkedText(place) else { return nil }
    checkTarget(url, at: place, network)
    let transport: RemoteServer.Transport =
      switch word {
      case nil, .stdio: .automatic
      case .sse: .events
      default: .streamable
      }
    return .remote(
      RemoteServer(
        url: url, transport: transport, headers: headers, rules: network.rules,
        connectTimeout: network.connectTimeout ?? Limits.Upstream.connectTimeout))
  }

  /// A URL with a reference in it is known only when it is used.
  private func checkTarget(_ url: String, at place: RawJSON, _ network: Network) {
    guard !url.contains("${") else { return }
    do throws(EgressError) {
      let target = try RequestTarget(url)
      guard let address = target.address else { return }
      let refused = network.rules.addresses.refusedClass(of: address, port: target.port, host: target.host)
      if let refused {
        let entry = "\(address.family == .ipv6 ? "[\(target.host)]" : target.host):\(target.port)"
        diagnostics.error(
          at: place, "connections to \(refused.rawValue) addresses are refused", "add \"\(entry)\" to egress.allow of this server")
      }
    } catch {
      guard case .badRequest(let reason) = error else { return }
      diagnostics.error(at: place, reason, "such as \"https://mcp.example.com/mcp\"")
    }
  }

  /// Written by the gateway for every request.
  private static let ownHeaders: Set<String> = [
    "accept", "baggage", "connection", "content-length", "content-type", "expect", "host", "http2-settings", "keep-alive", "last-event-id",
    "mcp-method",
    "mcp-name", "mcp-protocol-version", "mcp-session-id", "proxy-authorization", "proxy-connection", "te", "traceparent", "tracestate",
    "trailer", "transfer-encoding",
    "upgrade",
  ]

  private func header(_ member: (name: String, key: RawJSON, value: RawJSON)) -> HeaderField? {
    if !EgressRequest.isHeaderName(member.name) {
      diagnostics.error(at: member.key, "not the name of a header")
    } else if Self.ownHeaders.contains(member.name.lowercased()) {
      diagnostics.error(at: member.key, "this header is written by the gateway")
    }
    guard let value = checkedText(member.value) else { return nil }
    if value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
      diagnostics.error(at: member.value, "must not contain control characters")
    }
    return HeaderField(name: member.name, value: value)
  }
}

// MARK: - Network

extension ReachReader {
  /// `egress`, `tls` and `connect_timeout` of a server.
  struct Network {
    var rules = EgressRules()
    var connectTimeout: TimeAmount?
    /// Of the first setting that only a server with a URL has.
    var place: RawJSON?
  }

  func network(_ fields: Fields) -> Network {
    var network = Network()
    network.place = fields.value("egress") ?? fields.value("tls") ?? fields.value("connect_timeout")
    network.connectTimeout = fields.duration("connect_timeout")
    network.rules.addresses = fields.object("egress") { config.addresses($0.array("allow")) } ?? .publicOnly
    if let profile = fields.object("tls", config.tlsProfile) { network.rules.tlsProfiles[RemoteServer.tlsProfile] = profile }
    return network
  }
}
