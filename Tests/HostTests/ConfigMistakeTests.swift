import Testing

@testable import Host

/// One wrong document and what is said of it.
struct Mistake: Sendable, CustomTestStringConvertible {
  var text: String
  var pointer: String
  var line: Int
  var reason: String
  var suggestion: String?

  var testDescription: String { "\(pointer): \(reason)" }
}

@Suite struct ConfigMistakeTests {
  static let general = [
    Mistake(text: "[]", pointer: "", line: 1, reason: "expected an object, found an array"),
    Mistake(text: "{\n \"a\": 1,\n \"a\": 2\n}", pointer: "", line: 3, reason: "not valid JSON: duplicate member name"),
    Mistake(text: "{\"gateway\": {\n", pointer: "", line: 2, reason: "not valid JSON: unexpected end", suggestion: "half-written"),
    Mistake(text: " \n", pointer: "", line: 0, reason: "the file is empty", suggestion: "generate-config"),
    Mistake(
      text: "{\n\"mcp_config\": {}}", pointer: "/mcp_config", line: 2, reason: "unknown key \"mcp_config\"", suggestion: "\"mcp_configs\""),
    Mistake(
      text: "{\"common_mcp_gateway_config\": {\n\"enkrypt_log_levle\": \"INFO\"}}", pointer: "/common_mcp_gateway_config/enkrypt_log_levle",
      line: 2,
      reason: "unknown key", suggestion: "\"enkrypt_log_level\""),
    Mistake(
      text: "{\"common_mcp_gateway_config\": {\"enkrypt_log_level\": \"LOUD\"}}", pointer: "/common_mcp_gateway_config/enkrypt_log_level",
      line: 1,
      reason: "must be one of TRACE"),
    Mistake(
      text: "{\"common_mcp_gateway_config\": {\"timeout_settings\": {\n\n\"auth_timeout\": \"10\"}}}",
      pointer: "/common_mcp_gateway_config/timeout_settings/auth_timeout", line: 3, reason: "expected a number, found a string",
      suggestion: "remove the quotes"),
    Mistake(
      text: "{\"common_mcp_gateway_config\": {\"timeout_settings\": {\"auth_timeout\": -1}}}",
      pointer: "/common_mcp_gateway_config/timeout_settings/auth_timeout", line: 1, reason: "must be a length of time above 0"),
    Mistake(
      text: "{\"common_mcp_gateway_config\": {\"timeout_settings\": {\"auth_timeout\": 1e300}}}",
      pointer: "/common_mcp_gateway_config/timeout_settings/auth_timeout", line: 1, reason: "must be a length of time above 0"),
    Mistake(
      text: "{\"common_mcp_gateway_config\": {\"timeout_settings\": {\"escalation_policies\": {\"warn_threshold\": 2}}}}",
      pointer: "/common_mcp_gateway_config/timeout_settings/escalation_policies", line: 1, reason: "must rise"),
    Mistake(
      text: "{\"users\": {\"u\": {\"email\": 5}}}", pointer: "/users/u/email", line: 1, reason: "found a number",
      suggestion: "put it in quotes"),
    Mistake(text: "{\"users\": {\"a/b~c\": 5}}", pointer: "/users/a~1b~0c", line: 1, reason: "expected an object"),
    Mistake(text: "{\"gateway\": {\"port\": 65536}}", pointer: "/gateway/port", line: 1, reason: "whole number from 0 to 65535"),
    Mistake(text: "{\"gateway\": {\"port\": 80.5}}", pointer: "/gateway/port", line: 1, reason: "whole number"),
    Mistake(text: "{\"gateway\": {\"path\": \"mcp\"}}", pointer: "/gateway/path", line: 1, reason: "begins with \"/\""),
    Mistake(
      text: "{\"gateway\": {\"host\": \"0.0.0.0\"}}", pointer: "/gateway/host", line: 1, reason: "in clear", suggestion: "allow_plaintext"),
    Mistake(text: "{\"gateway\": {\"host\": \"127.0.0.1.example.com\"}}", pointer: "/gateway/host", line: 1, reason: "in clear"),
    Mistake(text: "{\"gateway\": {\"allowed_origins\": [\"*\"]}}", pointer: "/gateway/allowed_origins/0", line: 1, reason: "exact origin"),
  ]

  static let plugins = [
    Mistake(
      text: "{\"plugins\": {\"trust\": \"all\"}}", pointer: "/plugins/trust", line: 1, reason: "must be one of \"any\", \"allowlist\""),
    Mistake(text: "{\"plugins\": {\"trust\": \"allowlist\"}}", pointer: "/plugins", line: 1, reason: "\"allowlist\" is missing"),
    Mistake(text: "{\"plugins\": {\"allowlist\": []}}", pointer: "/plugins/allowlist", line: 1, reason: "no effect"),
    Mistake(
      text: "{\"plugins\": {\"trust\": \"allowlist\", \"allowlist\": [\"zz\"]}}", pointer: "/plugins/allowlist/0", line: 1,
      reason: "64 hexadecimal digits"),
    Mistake(
      text: "{\"plugins\": {\"auth\": {\"provider\": \"p\", \"mode\": \"in_process\", \"sandbox\": {\"network\": true}}}}",
      pointer: "/plugins/auth/sandbox", line: 1, reason: "has no effect with \"mode\": \"in_process\"",
      suggestion: "take one of the two out"),
    Mistake(
      text: "{\"plugins\": {\"auth\": {\"provider\": \"p\", \"on_failure\": \"allow\"}}}", pointer: "/plugins/auth/on_failure", line: 1,
      reason: "auth has no \"on_failure\""),
    Mistake(text: "{\"plugins\": {\"auth\": {\"config\": {}}}}", pointer: "/plugins/auth", line: 1, reason: "\"provider\" is missing"),
    Mistake(
      text: "{\"plugins\": {\"guardrails\": [{\"provider\": \"p\", \"on_failure\": \"alow\"}]}}",
      pointer: "/plugins/guardrails/0/on_failure", line: 1,
      reason: "must be one of", suggestion: "\"allow\""),
    Mistake(
      text: "{\"plugins\": {\"guardrails\": [{\"provider\": \"p\"},\n{\"provider\": \"p\"}]}}", pointer: "/plugins/guardrails/1", line: 2,
      reason: "a binding of this name exists already"),
    Mistake(
      text: "{\"plugins\": {\"guardrails\": {\"provider\": \"p\", \"config\": {\"api_key\": \"${env:KEY\"}}}}",
      pointer: "/plugins/guardrails/config/api_key",
      line: 1, reason: "no closing brace"),
    Mistake(
      text: "{\"plugins\": {\"guardrails\": 5}}", pointer: "/plugins/guardrails", line: 1, reason: "expected an object, found a number"),
    egress("{\"allow\": [\"10.0.0.0/8\", \"10.0.0.1/8\"]}", at: "/allow/1", "zeros below its prefix", "127.0.0.1:8080"),
    egress("{\"allow\": [\"http://db.internal\"]}", at: "/allow/0", "port"),
    egress("{\"allow\": \"127.0.0.1\"}", at: "/allow", "expected an array, found a string"),
    egress("{\"allow\": [8080]}", at: "/allow/0", "expected a string, found a number", "put it in quotes"),
    egress("{\"alow\": []}", at: "/alow", "unknown key", "\"allow\""),
    egress("[]", at: "", "expected an object, found an array"),
    egress("{\"tls\": {\"p\": {\"ca\": \"/nowhere/ca.pem\"}}}", at: "/tls/p/ca", "cannot be read"),
    egress("{\"tls\": {\"p\": {\"key\": \"/dev/null\"}}}", at: "/tls/p/key", "without \"certificate\""),
    egress("{\"tls\": {\"p\": {\"minimum_version\": \"1.1\"}}}", at: "/tls/p/minimum_version", "must be one of \"1.2\", \"1.3\""),
    egress("{\"tls\": {\"p\": {\"verify\": false}}}", at: "/tls/p/verify", "unknown key"),
    egress("{\"tls\": {\"\": {}}}", at: "/tls/", "needs a name"),
  ]

  /// The `egress` of a guardrail.
  static func egress(_ settings: String, at pointer: String, _ reason: String, _ suggestion: String? = nil) -> Mistake {
    Mistake(
      text: "{\"plugins\": {\"guardrails\": [{\"provider\": \"p\", \"egress\": \(settings)}]}}",
      pointer: "/plugins/guardrails/0/egress" + pointer, line: 1, reason: reason, suggestion: suggestion)
  }

  /// A server entry on line 2 of a document with one guardrail.
  static func server(_ members: String) -> String {
    "{\"plugins\": {\"guardrails\": {\"name\": \"words\", \"provider\": \"custom_keyword\"}}, \"mcp_configs\": {\"c\": {\"mcp_config_name\": \"n\", \"mcp_config\": [\n"
      + "{\(members)}]}}}"
  }

  static func mistake(_ members: String, at pointer: String, _ reason: String, _ suggestion: String? = nil) -> Mistake {
    Mistake(text: server(members), pointer: "/mcp_configs/c/mcp_config/0" + pointer, line: 2, reason: reason, suggestion: suggestion)
  }

  static let start = "\"server_name\": \"s\", \"config\": {\"command\": \"run\"}"

  static let servers = [
    mistake(start + ", \"health_interval\": -1", at: "/health_interval", "must be 0 or a length of time above 0"),
    mistake(start + ", \"max_unanswered\": 11", at: "/max_unanswered", "whole number from 0 to 10"),
    mistake(start + ", \"max_instances\": 0", at: "/max_instances", "whole number from 1 to 64"),
    mistake("\"server_name\": \"s\"", at: "", "\"config\" is missing"),
    mistake("\"config\": {\"command\": \"run\"}", at: "", "\"server_name\" is missing"),
    mistake("\"server_name\": \"s\", \"config\": {}", at: "/config", "\"command\" is missing"),
    mistake("\"server_name\": \"s\", \"config\": {\"command\": \"\"}", at: "/config/command", "must not be empty"),
    mistake(
      "\"server_name\": \"s\", \"config\": {\"command\": \"r\", \"args\": [\"a\", 1]}", at: "/config/args/1",
      "expected a string, found a number"),
    mistake("\"server_name\": \"s\", \"config\": {\"command\": \"a\\u0000b\"}", at: "/config/command", "U+0000"),
    mistake(
      "\"server_name\": \"s\", \"config\": {\"command\": \"r\", \"env\": {\"A=B\": \"\"}}", at: "/config/env/A=B", "environment variable"),
    mistake(
      "\"server_name\": \"s\", \"config\": {\"command\": \"r\", \"env\": {\"A\": \"${file:}\"}}", at: "/config/env/A", "names nothing"),
    mistake(
      "\"server_name\": \"s\", \"config\": {\"url\": \"ftp://x\"}", at: "/config/url", "neither http nor https", "https://"),
    mistake("\"server_name\": \"s\", \"config\": {\"url\": \"http://u:p@x/\"}", at: "/config/url", "user name or password"),
    mistake(
      "\"server_name\": \"s\", \"config\": {\"url\": \"http://[::1]:80/mcp\"}", at: "/config/url",
      "connections to loopback addresses are refused", "add \"[::1]:80\" to egress.allow"),
    mistake(
      "\"server_name\": \"s\", \"config\": {\"url\": \"http://x\", \"command\": \"r\"}", at: "/config/url", "either a command or a URL"),
    mistake(
      "\"server_name\": \"s\", \"config\": {\"url\": \"http://x\", \"type\": \"stdio\"}", at: "/config/type", "not reached over stdio"),
    mistake(
      "\"server_name\": \"s\", \"config\": {\"command\": \"r\", \"transport\": \"sse\"}", at: "/config/transport", "speaks over stdio",
      "\"url\""),
    mistake(
      "\"server_name\": \"s\", \"config\": {\"url\": \"http://x\", \"transport\": \"streamable-htp\"}", at: "/config/transport",
      "must be one of", "\"streamable-http\""),
    mistake(
      "\"server_name\": \"s\", \"config\": {\"url\": \"http://x\", \"headers\": {\"Mcp-Session-Id\": \"\"}}",
      at: "/config/headers/Mcp-Session-Id", "written by the gateway"),
    mistake(
      "\"server_name\": \"s\", \"config\": {\"url\": \"http://x\", \"headers\": {\"A\": \"b\\nc\"}}", at: "/config/headers/A",
      "control characters"),
    mistake(
      "\"server_name\": \"s\", \"config\": {\"url\": \"http://x\"}, \"egress\": {\"allow\": [\"10.0.0.1/8\"]}", at: "/egress/allow/0",
      "CIDR", "10.0.0.0/8"),
    mistake(
      "\"server_name\": \"s\", \"config\": {\"url\": \"http://x\"}, \"tls\": {\"key\": \"k\"}", at: "/tls/key",
      "cannot be read"),
    mistake(
      "\"server_name\": \"s\", \"config\": {\"url\": \"http://x\"}, \"protocol\": \"legcy\"", at: "/protocol", "must be one of",
      "\"legacy\""),
    mistake(start + ", \"egress\": {}", at: "/egress", "for servers with a URL only"),
    mistake(start + ", \"tools\": {\"t\": 1}", at: "/tools/t", "expected a description"),
    mistake(start + ", \"toools\": {}", at: "/toools", "unknown key", "\"tools\""),
    mistake(start + ", \"pinning\": \"enforced\"", at: "/pinning", "must be one of", "\"enforce\""),
    mistake(start + ", \"max_output_bytes\": 0", at: "/max_output_bytes", "whole number of bytes"),
    mistake(start + ", \"max_output_bytes\": {\"a*\": \"1k\"}", at: "/max_output_bytes/a*", "whole number of bytes"),
    mistake(start + ", \"validate_arguments\": \"yes\"", at: "/validate_arguments", "expected"),
    mistake(start + ", \"sharing\": \"sesion\"", at: "/sharing", "must be one of", "\"session\""),
    mistake(start + ", \"denied_tools\": [{\"reason\": \"r\"}]", at: "/denied_tools/0", "\"pattern\" is missing"),
    mistake(start + ", \"sandbox\": {\"enabled\": true}", at: "/sandbox/enabled", "Sandboxed servers are not available", "switch it off"),
    mistake(start + ", \"oauth_config\": {\"enabled\": true}", at: "/oauth_config/enabled", "OAuth towards servers is not available"),
    mistake(
      start + ", \"oauth_config\": {\"OAUTH_CLIENT_IDD\": \"\"}", at: "/oauth_config/OAUTH_CLIENT_IDD", "unknown key", "OAUTH_CLIENT_ID"),
    mistake(
      start + ", \"tool_guardrails_policy\": {\"enabled\": true, \"block\": [\"pii\"], \"provider\": \"wrds\"}",
      at: "/tool_guardrails_policy/provider", "no guardrail of plugins.guardrails has this name", "\"words\""),
    mistake(
      start + ", \"tool_guardrails_policy\": {}, \"server_tools_guardrails_config\": {}", at: "/server_tools_guardrails_config",
      "says the same as \"tool_guardrails_policy\""),
    mistake(
      start + ", \"input_guardrails_policy\": {\"enabled\": true, \"block\": [\"injction_attack\"]}",
      at: "/input_guardrails_policy/block/0",
      "must be one of", "\"injection_attack\""),
    mistake(
      start + ", \"input_guardrails_policy\": {\"enabled\": true, \"block\": [\"pii\"], \"provider\": \"wrds\"}",
      at: "/input_guardrails_policy/provider",
      "no guardrail of plugins.guardrails has this name", "\"words\""),
    mistake(
      start + ", \"input_guardrails_policy\": {\"enabled\": true, \"block\": [\"pii\"], \"additional_config\": {\"hallucination\": true}}",
      at: "/input_guardrails_policy/additional_config/hallucination", "here is no answer yet", "output_guardrails_policy"),
    mistake(
      start + ", \"input_guardrails_policy\": {\"enabled\": true, \"block\": [\"pii\"], \"mode\": \"observ\"}",
      at: "/input_guardrails_policy/mode", "must be one of", "\"observe\""),
    mistake(
      start + ", \"input_guardrails_policy\": {\"block\": [], \"additional_config\": {\"topic\": [1]}}",
      at: "/input_guardrails_policy/additional_config/topic/0", "expected a string"),
    mistake(
      start + ", \"input_guardrails_policy\": {\"block\": [], \"additional_config\": {\"custom\": {\"nsfw\": true}}}",
      at: "/input_guardrails_policy/additional_config/custom/nsfw", "expected an object"),
    mistake(
      start + ", \"input_guardrails_policy\": {}, \"input_guardrails_config\": {}", at: "/input_guardrails_config",
      "says the same as \"input_guardrails_policy\""),
    mistake(
      start + ", \"input_guardrails_policy\": {\"enabled\": \"true\"}", at: "/input_guardrails_policy/enabled", "expected true or false"),
  ]

  /// Members of a config with two servers, on line 2.
  static func config(_ members: String) -> String {
    "{\"mcp_configs\": {\"c\": {\"mcp_config_name\": \"n\", \"mcp_config\": [{\"server_name\": \"a\", \"config\": {\"command\": \"r\"}}, "
      + "{\"server_name\": \"b\", \"config\": {\"command\": \"r\"}}],\n\(members)}}}"
  }

  static let federation = [
    Mistake(
      text: config("\"exposure\": \"federatd\""), pointer: "/mcp_configs/c/exposure", line: 2,
      reason: "must be one of \"gateway_tools\", \"federated\", \"both\"", suggestion: "\"federated\""),
    Mistake(text: config("\"exposure\": true"), pointer: "/mcp_configs/c/exposure", line: 2, reason: "expected a string"),
    Mistake(
      text: config("\"exposre\": \"both\""), pointer: "/mcp_configs/c/exposre", line: 2, reason: "unknown key", suggestion: "\"exposure\""),
    Mistake(text: config("\"name_separator\": \"\""), pointer: "/mcp_configs/c/name_separator", line: 2, reason: "1 to 8"),
    Mistake(text: config("\"name_separator\": \"/\""), pointer: "/mcp_configs/c/name_separator", line: 2, reason: "of the characters"),
    Mistake(text: config("\"name_separator\": \"_________\""), pointer: "/mcp_configs/c/name_separator", line: 2, reason: "1 to 8"),
    Mistake(text: config("\"name_prefix\": false"), pointer: "/mcp_configs/c/name_prefix", line: 2, reason: "exactly one server"),
    Mistake(text: config("\"name_prefix\": \"no\""), pointer: "/mcp_configs/c/name_prefix", line: 2, reason: "expected true or false"),
  ]

  static let directory = [
    Mistake(
      text: "{\"projects\": {\"p\": {\"project_name\": \"n\", \"mcp_config_id\": \"gone\"}}}", pointer: "/projects/p/mcp_config_id",
      line: 1,
      reason: "no config of this id"),
    Mistake(
      text: "{\"apikeys\": {\"a-very-secret-gateway-key\": {\"project_id\": \"p\", \"user_id\": \"u\"}}}",
      pointer: "/apikeys/****-key/project_id", line: 1,
      reason: "nothing of this id in projects"),
    Mistake(
      text: "{\"users\": {\"\u{E9}\": {},\n\"e\u{301}\": {}}}", pointer: "/users/e\u{301}", line: 2, reason: "how its letters are encoded"),
    Mistake(text: "{\"apikeys\": {\"a-very-secret-gateway-key\": 5}}", pointer: "/apikeys/****-key", line: 1, reason: "expected an object"),
    Mistake(text: "{\"apikeys\": {\"UNIQUE_GATEWAY_KEY\": {}}}", pointer: "/apikeys/****_KEY", line: 1, reason: "placeholder"),
    Mistake(text: "{\"apikeys\": {\"sha256:12\": {}}}", pointer: "/apikeys/****6:12", line: 1, reason: "64 hexadecimal digits"),
    Mistake(
      text: "{\"apikeys\": {\"a-very-secret-gateway-key\": {\"project_id\": \"p\", \"user_id\": \"u\",\n\"expires_at\": \"soon\"}}}",
      pointer: "/apikeys/****-key/expires_at", line: 2, reason: "must be a time"),
    Mistake(
      text:
        "{\"mcp_configs\": {\"a\": {\"mcp_config_name\": \"n\", \"mcp_config\": []},\n\"b\": {\"mcp_config_name\": \"n\", \"mcp_config\": []}}}",
      pointer: "/mcp_configs/b/mcp_config_name", line: 2, reason: "another config has this name"),
    Mistake(
      text:
        "{\"mcp_configs\": {\"a\": {\"mcp_config_name\": \"n\", \"mcp_config\": [{\"server_name\": \"s\", \"config\": {\"command\": \"r\"}},\n"
        + "{\"server_name\": \"s\", \"config\": {\"command\": \"r\"}}]}}}",
      pointer: "/mcp_configs/a/mcp_config/1/server_name", line: 2, reason: "another server of this config has this name"),
    Mistake(
      text: "{\"common_mcp_gateway_config\": {\"sandbox\": {\"enabled\": true}}}", pointer: "/common_mcp_gateway_config/sandbox/enabled",
      line: 1, reason: "Sandboxed"),
    Mistake(
      text: "{\"common_mcp_gateway_config\": {\"enkrypt_mcp_use_external_cache\": true}}",
      pointer: "/common_mcp_gateway_config/enkrypt_mcp_use_external_cache",
      line: 1, reason: "An external cache is not available"),
    Mistake(
      text: "{\"common_mcp_gateway_config\": {\"enkrypt_use_remote_mcp_config\": true}}",
      pointer: "/common_mcp_gateway_config/enkrypt_use_remote_mcp_config",
      line: 1, reason: "Remote configuration by this setting is not available"),
    Mistake(
      text: "{\"plugins\": {\"auth\": {\"provider\": \"enkrypt\", \"fetched\": \"everything\"}}}", pointer: "/plugins/auth/fetched",
      line: 1,
      reason: "remote"),
  ]

  @Test(arguments: general + plugins + servers + federation + directory)
  func `a mistake is told with its place, reason and remedy`(_ mistake: Mistake) throws {
    let found = problems(mistake.text)
    let problem = try #require(found.first { $0.pointer == mistake.pointer && $0.reason.contains(mistake.reason) }, "\(found)")
    #expect(problem.line == mistake.line)
    #expect(problem.file == "/etc/gateway/config.json")
    if let suggestion = mistake.suggestion {
      #expect(problem.suggestion?.contains(suggestion) == true, "\(String(describing: problem.suggestion))")
    }
  }

  @Test func `an enabled policy without any guardrail is refused`() {
    let text = Self.server(Self.start + ", \"output_guardrails_policy\": {\"enabled\": true, \"block\": [\"pii\"]}")
    let found = problems(text.replacing("\"guardrails\": {\"name\": \"words\", \"provider\": \"custom_keyword\"}", with: ""))
    #expect(found.map(\.pointer) == ["/mcp_configs/c/mcp_config/0/output_guardrails_policy/enabled"])
  }

  @Test func `servers started as a command can be switched off`() {
    let text = Self.server(Self.start).replacing(
      "{\"plugins\"", with: "{\"common_mcp_gateway_config\": {\"enkrypt_allow_stdio_servers\": false}, \"plugins\"")
    #expect(problems(text).map(\.pointer) == ["/mcp_configs/c/mcp_config/0/config/command"])
  }

  @Test func `no message repeats a value of the document or a gateway key`() {
    let canary = "CANARY-5f0c9e"
    let texts = [
      "{\"apikeys\": {\"\(canary)-1234567890\": {\"project_id\": 1, \"user_id\": [], \"dsabled\": true}}}",
      "{\"plugins\": {\"auth\": {\"provider\": 1, \"config\": \"\(canary)\"}, \"trust\": \"\(canary)\"}}",
      Self.server(
        "\"server_name\": \"s\", \"config\": {\"command\": \"r\", \"env\": {\"A\": \"\(canary) ${env:\"}, \"type\": \"\(canary)\"}"),
      Self.server(Self.start + ", \"oauth_config\": {\"OAUTH_USE_PKCE\": \"\(canary)\"}, \"sharing\": \"\(canary)\""),
    ]
    for text in texts {
      let found = problems(text)
      #expect(!found.isEmpty)
      #expect(!found.contains { $0.description.contains(canary) }, "\(found)")
    }
  }

  @Test func `comments are allowed anywhere, and are not taken for names`() throws {
    let text = Self.server(Self.start + ", \"x-note\": {\"any\": [1]}, \"input_guardrails_policy\": {\"x-why\": 1, \"enabled\": false}")
    #expect(problems(text).isEmpty)
    let (config, _) = try readConfig(
      "{\"x-a\": 1, \"users\": {\"x-b\": \"nobody\", \"u\": {\"x-c\": 2}}, \"apikeys\": {\"x-d\": \"no key\"}}")
    #expect(Array(config.users.keys) == ["u"] && config.apiKeys.isEmpty)
  }

  @Test func `every protection that is not available is refused by name`() {
    for protection in UnavailableProtection.allCases {
      #expect(protection.reason.hasSuffix(" not available in this version"))
      #expect(!protection.suggestion.isEmpty)
    }
  }
}
