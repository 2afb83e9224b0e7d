import Egress
import JSON
import NIOCore
import Testing

@testable import Host

/// Reads a document as if it stood in /etc/gateway/config.json.
func readConfig(_ text: String) throws(ConfigError) -> (config: GatewayConfig, warnings: [ConfigProblem]) {
  try ConfigReader.read(Array(text.utf8), file: "/etc/gateway/config.json", directory: "/etc/gateway")
}

/// Every mistake of a document; empty when it has none.
func problems(_ text: String) -> [ConfigProblem] {
  do throws(ConfigError) {
    _ = try readConfig(text)
    return []
  } catch { return error.problems }
}

@Suite struct ConfigReaderTests {
  @Test func `the generated file of 2_1_2 loads with all its meaning`() throws {
    let (config, warnings) = try readConfig(ConfigFixture.generated212)
    #expect(warnings.isEmpty)
    #expect(config.common.timeouts == TimeoutSettings())
    #expect(config.plugins.auth == ProviderBinding(name: "local_apikey", provider: "local_apikey"))
    #expect(config.plugins.guardrails.map(\.provider.name) == ["enkrypt"])
    #expect(config.plugins.guardrails[0].onFailure == .block)
    #expect(config.plugins.telemetry.map(\.provider) == ["opentelemetry"])
    #expect(config.plugins.telemetry[0].config == ["url": "http://localhost:4317", "insecure": true])
    let server = try #require(config.mcpConfigs["fcbd4508-1432-4f13-abb9-c495c946f638"]?.server(named: "echo_server"))
    #expect(server.command?.command == "python")
    #expect(server.command?.arguments == ["/opt/venv/bad_mcps/echo_oauth_mcp.py"])
    #expect(!server.hasExplicitTools && server.definitions.screensServerInfo && server.definitions.screensItems)
    #expect(!server.inputPolicy.isEnabled && server.inputPolicy.block == Detector.allCases)
    #expect(server.sharing == .principal)
    #expect(server.published["oauth_config"]?["OAUTH_CLIENT_SECRET"] == "****")
    #expect(config.apiKeys.map(\.masked) == ["****YGat"])
    #expect(config.apiKeys[0].digest == KeyDigest(of: ConfigFixture.key212.utf8))
  }

  @Test func `a file in the style of 2_2_4 loads with renamed policies, overrides and comments`() throws {
    let (config, _) = try readConfig(ConfigFixture.style224)
    #expect(config.common.logLevel == .debug)
    #expect(config.common.gatewayCacheExpiry == .minutes(5))
    #expect(config.common.timeouts.guardrail == .seconds(390))
    #expect(config.common.timeouts.discovery == .seconds(20))
    #expect(config.plugins.telemetry.isEmpty)
    let server = try #require(config.mcpConfigs["config-1"]?.servers.first)
    #expect(server.inputPolicy.isEnabled && server.inputPolicy.name == "Airline")
    #expect(server.inputPolicy.block == [.injectionAttack])
    #expect(server.inputPolicy.bindings == ["enkrypt"])
    #expect(server.deniedTools.map(\.pattern) == ["delete_*", "drop_table", "wipe_?", "shutdown"])
    #expect(server.access(to: "echo") == .allowed)
    #expect(server.access(to: "other") == .notListed)
    #expect(server.access(to: "delete_all") == .denied(reason: nil))
    #expect(server.access(to: "wipe_1") == .denied(reason: nil))
    #expect(server.access(to: "drop_table") == .denied(reason: "destructive"))
    #expect(server.access(to: "shutdown") == .denied(reason: "local rule"))
  }

  @Test func `an empty object is the default configuration, in which nobody has a key`() throws {
    let (config, warnings) = try readConfig("{}")
    let standard = GatewayConfig()
    #expect(config.common == standard.common && config.gateway == standard.gateway && config.plugins == standard.plugins)
    #expect(config.mcpConfigs.isEmpty && config.projects.isEmpty && config.users.isEmpty && warnings.isEmpty)
    #expect(config.apiKeys.isEmpty && config.gateway.isLoopback)
  }

  @Test func `partial timeout settings keep the defaults of the rest`() throws {
    let text =
      #"{"common_mcp_gateway_config": {"timeout_settings": {"auth_timeout": 2.5, "escalation_policies": {"warn_threshold": 0.5}}}}"#
    let timeouts = try readConfig(text).config.common.timeouts
    #expect(timeouts.auth == .milliseconds(2500))
    #expect(timeouts.toolExecution == .seconds(60))
    #expect(timeouts.escalation.warn == 0.5 && timeouts.escalation.fail == 1.2)
  }

  @Test func `our own sections are read`() throws {
    let (config, _) = try readConfig(
      #"""
      {
        "gateway": { "host": "0.0.0.0", "allow_plaintext": true, "port": 0, "path": "/mcp/", "allowed_hosts": ["gw.example.com"], "legacy_sse": true,
          "allowed_origins": ["https://App.example.com"], "event_loops": 2, "max_body_bytes": 4096, "max_sessions": 5, "session_idle_timeout": 1.5,
          "input_timeout": 90 },
        "plugins": {
          "path": ["plugins", "/usr/lib/gateway"], "trust": "allowlist", "allowlist": ["\#(String(repeating: "AB", count: 32))"],
          "guardrails": [
            { "name": "words", "provider": "custom_keyword", "plugin": "com.example.k", "config": { "x-why": "comment", "a": 1 }, "timeout": 0.25,
              "on_failure": "allow_and_flag", "inline": true },
            { "provider": "enkrypt", "config": {} }
          ],
          "telemetry": [{ "name": "one", "provider": "stdout", "config": {} }, { "name": "two", "provider": "stdout", "config": { "enabled": false } }]
        },
        "mcp_configs": { "c": { "mcp_config_name": "n", "mcp_config": [
          { "server_name": "s", "config": { "command": "run", "cwd": "work", "env": { "A": "1", "x-b": "2" } }, "sharing": "session",
            "idle_timeout": 30, "timeout": 5, "max_concurrency": 3, "max_instances": 2, "health_interval": 0.5, "max_unanswered": 0,
            "async_safe_tools": ["read"],
            "input_guardrails_policy": { "enabled": true, "provider": "custom_keyword", "block": ["keyword_detector"] } } ] } }
      }
      """#)
    #expect(config.gateway.path == "/mcp" && config.gateway.port == 0 && config.gateway.eventLoops == 2)
    #expect(config.gateway.allowedOrigins == ["https://app.example.com"] && config.gateway.hasLegacyEvents)
    #expect(config.gateway.sessionIdleTimeout == .milliseconds(1500))
    #expect(config.gateway.inputTimeout == .seconds(90))
    #expect(config.plugins.searchPaths == ["/etc/gateway/plugins", "/usr/lib/gateway"])
    #expect(config.plugins.trust == .allowlist([String(repeating: "ab", count: 32)]))
    let words = try #require(config.plugins.guardrail(named: "words"))
    #expect(words.provider.plugin == "com.example.k" && words.provider.config == ["a": 1])
    #expect(words.timeout == .milliseconds(250) && words.onFailure == .allowAndFlag && words.isInlineTrusted)
    #expect(config.plugins.telemetry.map(\.name) == ["one"])
    let server = try #require(config.mcpConfigs["c"]?.server(named: "s"))
    #expect(server.command?.workingDirectory == "/etc/gateway/work")
    #expect(server.command?.environment.map(\.name) == ["A", "x-b"])
    #expect(server.sharing == .session && server.maxConcurrency == 3 && server.timeout == .seconds(5) && server.idleTimeout == .seconds(30))
    #expect(server.health == HealthSettings(maxInstances: 2, interval: .milliseconds(500), maxUnanswered: nil))
    #expect(server.inputPolicy.bindings == ["words"])
    #expect(!server.outputPolicy.isEnabled)
  }

  @Test func `each binding says where it may connect`() throws {
    let (config, _) = try readConfig(
      #"""
      {
        "plugins": {
          "auth": { "provider": "local_apikey", "egress": { "allow": ["10.0.0.0/8"] } },
          "guardrails": [
            { "provider": "a", "egress": { "allow": ["127.0.0.1:8080", "db.internal"], "tls": {
              "x-why": "comment", "inside": { "ca": "/etc/passwd", "ca_directory": "/etc", "certificate": "/dev/null", "key": "/dev/null",
                "minimum_version": "1.3" }, "plain": {} } } },
            { "provider": "b" }
          ],
          "telemetry": { "provider": "t", "egress": { "allow": ["localhost:4317"] } }
        }
      }
      """#)
    let rules = try #require(config.plugins.guardrail(named: "a")).provider.egress
    #expect(rules.addresses == (try AddressPolicy(allowing: ["127.0.0.1:8080", "db.internal"])))
    #expect(
      rules.tlsProfiles == [
        "inside": TLSProfile(
          authoritiesFile: "/etc/passwd", authoritiesDirectory: "/etc", certificateFile: "/dev/null", keyFile: "/dev/null",
          minimumVersion: .tls13), "plain": .system,
      ])
    #expect(config.plugins.guardrail(named: "b")?.provider.egress == EgressRules())
    #expect(config.plugins.auth.egress.addresses == (try AddressPolicy(allowing: ["10.0.0.0/8"])))
    #expect(config.plugins.telemetry.map(\.egress.addresses) == [try AddressPolicy(allowing: ["localhost:4317"])])
    let secrets = SecretExpansion(directory: "/", environment: [:])
    let spec = try #require(config.plugins.guardrail(named: "a")).provider.spec(.guardrail, secrets: secrets, createTimeout: .seconds(1))
    #expect(spec.egress == rules)
  }

  @Test func `a server over HTTP is read, and gets its secrets when it is used`() throws {
    let text = #"""
      {"mcp_configs": {"c": {"mcp_config_name": "n", "mcp_config": [
        {"server_name": "s", "config": {"serverUrl": "https://mcp.example.com:8443/mcp", "type": "streamableHttp",
          "headers": {"Authorization": "Bearer ${env:TOKEN}", "X-Team": "blue"}},
         "egress": {"allow": ["10.0.0.0/8", "internal.example:8443"]}, "tls": {"ca": "/etc/passwd", "certificate": "/dev/null", "key": "/dev/null"},
         "protocol": "2026-07-28", "connect_timeout": 3, "start_timeout": 12},
        {"server_name": "old", "config": {"url": "https://mcp.example.com/sse", "transport": "sse"}},
        {"server_name": "any", "config": {"url": "https://mcp.example.com/mcp"}}]}}}
      """#
    let servers = try #require(try readConfig(text).config.mcpConfigs["c"]?.servers)
    let remote = try #require(servers[0].remote)
    #expect(servers.map { $0.remote?.transport } == [.streamable, .events, .automatic])
    #expect(remote.url == "https://mcp.example.com:8443/mcp" && remote.connectTimeout == .seconds(3))
    let profile = try #require(remote.rules.tlsProfiles[RemoteServer.tlsProfile])
    #expect(profile == TLSProfile(authoritiesFile: "/etc/passwd", certificateFile: "/dev/null", keyFile: "/dev/null"))
    let inside = try #require(IPAddress("10.1.2.3"))
    #expect(remote.rules.addresses.refusedClass(of: inside, port: 443, host: "x") == nil)
    #expect(servers[1].remote?.rules.addresses.refusedClass(of: inside, port: 443, host: "x") == .privateNetwork)

    let upstreams = try ["a", "a", "b"].map { token in
      try servers[0].upstream(configID: "c", secrets: SecretExpansion(directory: "/", environment: ["TOKEN": token]))
    }
    #expect(upstreams[0].remote?.headers.map(\.value) == ["Bearer a", "blue"])
    #expect(upstreams[0].eraPin == .modern && upstreams[0].startTimeout == .seconds(12))
    #expect(upstreams[0].revision == upstreams[1].revision && upstreams[0].revision != upstreams[2].revision)
    #expect(servers[0].published["config"]?["headers"]?["Authorization"] == "Be***N}")
  }

  @Test func `a lone star denies every tool that is not listed`() throws {
    let text = #"""
      {"mcp_configs": {"c": {"mcp_config_name": "n", "mcp_config": [
        {"server_name": "s", "config": {"command": "run"}, "tools": {"kept": ""}, "denied_tools": ["*"]}]}}}
      """#
    let server = try #require(try readConfig(text).config.mcpConfigs["c"]?.servers.first)
    #expect(server.access(to: "kept") == .allowed)
    #expect(server.access(to: "other") == .denied(reason: nil))
  }

  @Test func `a server's revision changes with its entry and with nothing else`() throws {
    func revision(_ argument: String, port: Int) throws -> String? {
      let text = #"""
        {"gateway": {"port": \#(port)}, "mcp_configs": {"c": {"mcp_config_name": "n", "mcp_config": [
          {"server_name": "s", "config": {"command": "run", "args": ["\#(argument)"]}}]}}}
        """#
      return try readConfig(text).config.mcpConfigs["c"]?.servers.first?.revision
    }
    #expect(try revision("a", port: 1) == revision("a", port: 2))
    #expect(try revision("a", port: 1) != revision("b", port: 1))
  }

  @Test func `all mistakes are told at once, in order, and their number is bounded`() {
    let found = problems("{\n\"gatway\": {},\n\"gateway\": {\"port\": \"x\"},\n\"plugins\": []\n}")
    #expect(found.map(\.line) == [2, 3, 4])
    let many = (0..<200).map { "\"k\($0)\": 1" }.joined(separator: ",")
    do throws(ConfigError) {
      _ = try readConfig("{\(many)}")
      Issue.record("200 unknown keys were accepted")
    } catch {
      #expect(error.problems.count == Limits.Config.maxProblems)
      #expect(error.omitted == 200 - Limits.Config.maxProblems)
      #expect(error.description.hasSuffix("… and 150 more"))
    }
  }

  @Test func `a policy without a block list is worth a warning`() throws {
    let text = #"""
      {"plugins": {"guardrails": {"provider": "g"}}, "mcp_configs": {"c": {"mcp_config_name": "n", "mcp_config": [
        {"server_name": "s", "config": {"command": "run"}, "input_guardrails_policy": {"enabled": true}}]}}}
      """#
    let warnings = try readConfig(text).warnings
    #expect(warnings.map(\.pointer) == ["/mcp_configs/c/mcp_config/0/input_guardrails_policy"])
  }

  /// Tools that are listed to run beside their verdict, and do not.
  @Test(arguments: [
    (false, true, #""enforce""#, "every verdict is awaited"), (true, false, #""enforce""#, "\"g\" may replace text"),
    (true, true, #""enforce""#, ""), (true, false, #""observe""#, ""),
  ])
  func `tools that are listed in vain are told about`(isAsync: Bool, onlyJudges: Bool, mode: String, reason: String) throws {
    let text = #"""
      {"common_mcp_gateway_config": {"enkrypt_async_input_guardrails_enabled": \#(isAsync)},
      "plugins": {"guardrails": {"provider": "g", "judges_only": \#(onlyJudges)}},
      "mcp_configs": {"c": {"mcp_config_name": "n", "mcp_config": [
        {"server_name": "s", "config": {"command": "run"}, "async_safe_tools": ["read"],
          "input_guardrails_policy": {"enabled": true, "block": ["pii"], "mode": \#(mode)}}]}}}
      """#
    let warnings = try readConfig(text).warnings.filter { $0.pointer.hasSuffix("async_safe_tools") }
    #expect(warnings.count == (reason.isEmpty ? 0 : 1) && warnings.allSatisfy { $0.reason.contains(reason) }, "\(warnings)")
  }

  @Test func `what a policy looks for is not published`() throws {
    let text = #"""
      {"plugins": {"guardrails": {"provider": "g"}}, "mcp_configs": {"c": {"mcp_config_name": "n", "mcp_config": [
        {"server_name": "s", "config": {"command": "run"}, "output_guardrails_policy": {"enabled": true, "block": ["pii"],
          "additional_config": {"relevancy": true, "topic": "war", "custom": {"keyword_detector": {"banned_keywords": ["x"]}}}}}]}}}
      """#
    let policy = try #require(readConfig(text).config.mcpConfigs["c"]?.servers.first?.outputPolicy)
    #expect(policy.checks == [.relevancy, .topic, .custom])
    #expect(String(decoding: policy.json, as: UTF8.self).contains("banned_keywords"))
    #expect(policy.published.elementsEqual(#"{"enabled":true,"block":["pii"],"additional_config":{"relevancy":true}}"#.utf8))
  }
}

extension ServerEntry {
  /// Of a server that runs as a child process.
  var command: ServerCommand? { if case .command(let command) = reach { command } else { nil } }
  /// Of a server over HTTP.
  var remote: RemoteServer? { if case .remote(let remote) = reach { remote } else { nil } }
}
