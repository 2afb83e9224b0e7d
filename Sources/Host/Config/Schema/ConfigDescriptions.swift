/// What people should know of a key where they write it: one phrase each, for the `description`s of the JSON Schema.
enum ConfigDescriptions {
  /// - Parameter path: keys from the root, `*` for a name or place that is data.
  static func text(at path: [String]) -> String? {
    all[path.joined(separator: "/")] ?? shared(path).flatMap { all[$0] }
  }

  /// Bindings and policies stand in several places.
  private static func shared(_ path: [String]) -> String? {
    if path.first == "plugins", path.count > 2 {
      return (["binding"] + path.dropFirst(2).drop { $0 == "*" }).joined(separator: "/")
    }
    guard let index = path.lastIndex(where: { $0.hasSuffix("_guardrails_policy") || $0.hasSuffix("_guardrails_config") }) else {
      return nil
    }
    return (["policy"] + path[(index + 1)...]).joined(separator: "/")
  }

  static let all: [String: String] = [
    "admin_api": "the REST API for administrators",
    "admin_api/allow_plaintext":
      "serve the API over plain HTTP on an address that is not loopback, for instance behind a proxy that ends TLS",
    "admin_api/allowed_hosts": "names accepted in the Host header of the API besides its host and the loopback names; \"*\" accepts all",
    "admin_api/allowed_origins": "origins whose pages may use the API from a browser; without one, none may",
    "admin_api/enabled": "serve serves the API too; system start-api does in any case",
    "admin_api/host": "address that the API binds",
    "admin_api/max_body_bytes": "a larger request to the API is refused",
    "admin_api/max_connections": "open connections to the API; further ones wait",
    "admin_api/max_failures": "refused credentials of one address within a minute, before it is locked out for a while",
    "admin_api/port": "port of the API; 0: the system chooses",
    "admin_api/tls": "serve the API over HTTPS",
    "admin_apikey": "the key that administers over REST: sha256: and its digest, or the key in clear",
    "apikeys/*/role": "user: the key uses its project's servers; admin: it administers over REST too",
    "apikeys": "gateway keys: sha256: and the digest, or a key in clear",
    "apikeys/*/disabled": "true: the key is refused",
    "apikeys/*/expires_at": "a time such as 2026-12-31T23:59:59Z; from then on the key is refused",
    "apikeys/*/key_prefix": "the beginning of the key, by which people recognise it",
    "apikeys/*/project_id": "an id in projects",
    "apikeys/*/user_id": "an id in users, a member of the project",
    "binding/config": "handed to the provider with secrets filled in. Comments are taken out at its top level only",
    "binding/egress": "where its HTTP requests may go",
    "binding/egress/allow": "what else than public addresses is reached: addresses, networks, host names",
    "binding/egress/tls": "TLS profiles by name, for requests that name one",
    "binding/inline": "guardrails only: call it on the threads that serve connections, if it promises never to wait",
    "binding/mode":
      "in_process: inside the gateway, as plugins of its own do unless set; isolated: in a confined process that may end without the gateway",
    "binding/name": "what the binding is called in policies, logs and metrics; unique among guardrails and among telemetry",
    "binding/judges_only":
      "guardrails only: it replaces no text, and so may judge beside a call and beside others; a verdict that would counts as none",
    "binding/on_failure": "guardrails only: what a missing verdict means",
    "binding/plugin": "id of the library; needed when several offer the same provider",
    "binding/provider": "the name that a library offers",
    "binding/sandbox": "isolated: what its process may do besides computing and asking the gateway",
    "binding/sandbox/memory_mb": "the most memory it may have, in MiB",
    "binding/sandbox/network": "true: it may open sockets itself, instead of only sending requests through the gateway",
    "binding/sandbox/read": "files and folders that it may read",
    "binding/timeout": "guardrails only: time for one verdict",
    "common_mcp_gateway_config": "what holds for the gateway as a whole, with the names of the original",
    "common_mcp_gateway_config/enable_server_info_validation":
      "of servers that do not say otherwise",
    "common_mcp_gateway_config/enable_tool_guardrails":
      "of servers that do not say otherwise",
    "common_mcp_gateway_config/enkrypt_allow_stdio_servers": "false refuses every server that is started as a command",
    "common_mcp_gateway_config/enkrypt_async_input_guardrails_enabled": "call the tools of async_safe_tools while their input is judged",
    "common_mcp_gateway_config/enkrypt_async_output_guardrails_enabled": "guardrails with judges_only judge an answer at the same time",
    "common_mcp_gateway_config/enkrypt_gateway_cache_expiration":
      "only reported by the cache tools: the configuration is always live",
    "common_mcp_gateway_config/enkrypt_gateway_cache_expiration_minutes": "the same in minutes; comes before the former",
    "common_mcp_gateway_config/enkrypt_log_level":
      "least severity that is logged: TRACE, DEBUG, INFO, WARNING, ERROR, in any case",
    "common_mcp_gateway_config/enkrypt_mcp_use_external_cache": "true is refused",
    "common_mcp_gateway_config/enkrypt_tool_cache_expiration": "how long a discovered list is believed; 0: not at all",
    "common_mcp_gateway_config/enkrypt_use_remote_mcp_config": "true is refused",
    "common_mcp_gateway_config/max_output_bytes":
      "of servers that do not say otherwise",
    "common_mcp_gateway_config/pinning":
      "of servers that do not say otherwise: what becomes of changes of what they said at first",
    "common_mcp_gateway_config/sandbox": "enabled: true is refused",
    "common_mcp_gateway_config/timeout_settings/auth_timeout": "knowing a caller",
    "common_mcp_gateway_config/timeout_settings/cache_timeout": "only reported: there is no external cache",
    "common_mcp_gateway_config/timeout_settings/connectivity_timeout": "only reported: there is no external cache",
    "common_mcp_gateway_config/timeout_settings/default_timeout": "creating a plugin instance",
    "common_mcp_gateway_config/timeout_settings/discovery_timeout": "starting a server and listing its tools",
    "common_mcp_gateway_config/timeout_settings/guardrail_timeout": "one verdict, unless the binding's timeout says otherwise",
    "common_mcp_gateway_config/timeout_settings/tool_execution_timeout":
      "one tool call at a server, unless the server's timeout says otherwise",
    "common_mcp_gateway_config/validate_arguments":
      "of servers that do not say otherwise",
    "common_mcp_gateway_config/validate_results":
      "of servers that do not say otherwise",
    "gateway": "the listener",
    "gateway/allow_plaintext": "serve plain HTTP on an address that is not loopback, for instance behind a proxy that ends TLS",
    "gateway/allowed_hosts":
      "names, without port, accepted in the Host header besides host and the loopback names; \"*\" accepts all",
    "gateway/allowed_origins":
      "exact origins (https://app.example.com) whose pages may use the gateway from a browser, besides loopback ones: "
      + "their preflights are answered, and they can read the answers (CORS). Other origins are refused; a request "
      + "without Origin passes",
    "gateway/event_loops": "threads that serve requests",
    "gateway/host": "address to bind. One that is not loopback is refused without tls or allow_plaintext",
    "gateway/input_timeout":
      "how long a client of 2026-07-28 may take to come back with what a server asked for; then the call is cancelled",
    "gateway/legacy_sse":
      "serve HTTP+SSE too, the transport of 2024-11-05, for clients that know no other: /sse opens the event stream "
      + "for what path offers, <path>/servers/<name>/sse that for one server. The same credentials, origins and limits "
      + "apply to every request",
    "gateway/max_body_bytes": "a larger request is refused with 413",
    "gateway/max_connections": "further connections are closed at once",
    "gateway/max_sessions": "one more ends the session that was idle longest",
    "gateway/path": "where MCP is served, with and without a slash at the end; below it, servers/<name> is one server",
    "gateway/port": "0: the system chooses",
    "gateway/session_idle_timeout": "a session without a request for so long ends",
    "gateway/shutdown_timeout": "how long calls in flight may finish after a stop signal",
    "gateway/tls":
      "serve HTTPS: certificate and key (PEM files, the certificate followed by those that lead to its authority), "
      + "and client_ca (PEM): only clients with a certificate of these authorities may connect. The files are read "
      + "again when they change; when they cannot be used, the old ones stay in effect and the log says why",
    "gateway/tls/certificate": "PEM file: the certificate, followed by those that lead to its authority",
    "gateway/tls/client_ca": "PEM file: only clients with a certificate of these authorities may connect",
    "gateway/tls/key": "PEM file",
    "mcp_configs": "sets of servers, by id",
    "mcp_configs/*/common_overrides": "only server_tools_guardrails_config: of servers of this set without one of their own",
    "mcp_configs/*/exposure":
      "what clients are offered: gateway_tools (the gateway's own seven tools), federated (the servers' own items), or both, the default",
    "mcp_configs/*/mcp_config": "names differ",
    "mcp_configs/*/mcp_config/*/allowed_tools":
      "when given, only tools that tools names or that match one of these are listed and called",
    "mcp_configs/*/mcp_config/*/async_safe_tools":
      "tools without side effects, which may be called while their input is judged (enkrypt_async_input_guardrails_enabled)",
    "mcp_configs/*/mcp_config/*/config": "the command, or the URL",
    "mcp_configs/*/mcp_config/*/config/args": "arguments of the command; may refer to secrets",
    "mcp_configs/*/mcp_config/*/config/command": "an absolute path, or a name in PATH",
    "mcp_configs/*/mcp_config/*/config/cwd": "working directory; a relative one starts at the folder of this file",
    "mcp_configs/*/mcp_config/*/config/env": "variables added to the few that are inherited; may refer to secrets",
    "mcp_configs/*/mcp_config/*/config/headers": "sent with every request; values may refer to secrets",
    "mcp_configs/*/mcp_config/*/config/transport":
      "http (Streamable HTTP), sse (HTTP+SSE) or, for a command, stdio. Without it, what fits is found out",
    "mcp_configs/*/mcp_config/*/config/url": "http or https, without user name and password; may refer to secrets",
    "mcp_configs/*/mcp_config/*/connect_timeout": "of a server with a URL: one connection",
    "mcp_configs/*/mcp_config/*/denied_tools": "tools never listed and never called",
    "mcp_configs/*/mcp_config/*/description": "shown in lists, and judged by guardrails",
    "mcp_configs/*/mcp_config/*/egress": "of a server with a URL: allow",
    "mcp_configs/*/mcp_config/*/egress/allow": "what else than public addresses is reached: addresses, networks, host names",
    "mcp_configs/*/mcp_config/*/enable_server_info_validation":
      "have name, description and greeting judged before anything of the server is seen",
    "mcp_configs/*/mcp_config/*/definition_guardrails_mode":
      "observe: verdicts on definitions are logged and counted, and none is kept back or changed",
    "mcp_configs/*/mcp_config/*/enable_tool_guardrails":
      "likewise the definition of each tool, prompt, resource and resource template",
    "mcp_configs/*/mcp_config/*/forward_baggage":
      "tell the server the baggage of a caller's trace (W3C Baggage), as it came and unscreened. traceparent and "
      + "tracestate are told in any case: in _meta, and with a URL in headers too",
    "mcp_configs/*/mcp_config/*/health_interval":
      "how often an idle session is asked for a sign of life; three in a row without one end it. 0: never",
    "mcp_configs/*/mcp_config/*/idle_timeout":
      "a process, or a session at a server over HTTP, without a call for so long is ended",
    "mcp_configs/*/mcp_config/*/input_guardrails_policy": "on the way to the server. Also input_guardrails_config",
    "mcp_configs/*/mcp_config/*/limits": "of a server that is a command: what the kernel holds its process to",
    "mcp_configs/*/mcp_config/*/limits/core_bytes": "size of what is left of a crash",
    "mcp_configs/*/mcp_config/*/limits/cpu_seconds": "processor time; then the process is killed",
    "mcp_configs/*/mcp_config/*/limits/file_bytes": "size of any file that is written",
    "mcp_configs/*/mcp_config/*/limits/memory_bytes": "address space",
    "mcp_configs/*/mcp_config/*/limits/open_files": "descriptors",
    "mcp_configs/*/mcp_config/*/limits/processes": "processes and threads of the gateway's user altogether",
    "mcp_configs/*/mcp_config/*/max_concurrency": "calls at a time in one process or session; further ones wait",
    "mcp_configs/*/mcp_config/*/max_instances":
      "processes, or sessions at a server over HTTP, at a time, over all callers; one more ends the longest idle one",
    "mcp_configs/*/mcp_config/*/max_output_bytes":
      "a longer answer is an error; bytes, or an object of them by pattern of tool names",
    "mcp_configs/*/mcp_config/*/max_unanswered":
      "so many of the last ten calls without an answer end a process or session. 0: no number does",
    "mcp_configs/*/mcp_config/*/mcp_oauth": "enabled: true is refused",
    "mcp_configs/*/mcp_config/*/oauth_config": "enabled: true is refused",
    "mcp_configs/*/mcp_config/*/output_guardrails_policy": "on the way back. Also output_guardrails_config",
    "mcp_configs/*/mcp_config/*/pinning":
      "off, warn (tell of changes of what the server said at first) or enforce (hold them back until they are approved)",
    "mcp_configs/*/mcp_config/*/protocol":
      "legacy speaks the revisions that begin with initialize, 2026-07-28 only that one, auto finds out",
    "mcp_configs/*/mcp_config/*/sandbox": "enabled: true is refused",
    "mcp_configs/*/mcp_config/*/server_name": "how callers name it, exactly",
    "mcp_configs/*/mcp_config/*/server_tools_guardrails_config": "the same as tool_guardrails_policy",
    "mcp_configs/*/mcp_config/*/sharing":
      "one running process, or one session at a server over HTTP, for each caller (principal), for everybody "
      + "(gateway), or for each session (session)",
    "mcp_configs/*/mcp_config/*/start_timeout": "from the first call to the end of the handshake",
    "mcp_configs/*/mcp_config/*/timeout": "one tool call",
    "mcp_configs/*/mcp_config/*/tls": "of a server with a URL: its TLS profile",
    "mcp_configs/*/mcp_config/*/tool_guardrails_policy": "by which definitions are judged, in place of enable_tool_guardrails",
    "mcp_configs/*/mcp_config/*/tools":
      "name → description, or name → tool object. Not empty: these are all the tools, and the server is not asked",
    "mcp_configs/*/mcp_config/*/validate_arguments":
      "refuse calls whose arguments do not fit the tool's inputSchema; without it, with pinning enforce",
    "mcp_configs/*/mcp_config/*/validate_results":
      "refuse results whose structuredContent does not fit the tool's outputSchema; without it, with pinning enforce",
    "mcp_configs/*/mcp_config_name": "unique; the command line's --config-name takes it, or the id",
    "mcp_configs/*/name_prefix": "false, where there is exactly one server, leaves its names and URIs as they are. Default true",
    "mcp_configs/*/name_separator": "between a server's name and its item's; 1 to 8 of A-Z a-z 0-9 _ . -. Default \"__\"",
    "plugins": "where shared libraries are found, which are trusted, and which providers are bound",
    "plugins/allowlist":
      "SHA-256 of each library that may be loaded: with \"trust\": \"allowlist\" of all, the gateway's own included; with \"signed\" of those "
      + "that need no signature",
    "plugins/auth": "who knows callers",
    "plugins/auth/fetched":
      "what a configuration that the auth provider fetched may ask for: remote, servers at public addresses; full, also commands and private addresses",
    "plugins/guardrails": "who judges messages, in this order",
    "plugins/path": "folders searched for lib*.so; relative ones start at the file's folder, ~/ is the home directory",
    "plugins/telemetry": "where logs, spans and metrics go. Without any, the log goes to standard error",
    "plugins/trust":
      "any loads every library that passes the loader's checks, and says so at each start; allowlist only those listed; signed those with a "
      + "signature by one of trusted_keys, those listed, and the gateway's own",
    "plugins/trusted_keys": "whose signatures count. Goes with \"trust\": \"signed\"; `plugin trust` keeps it",
    "plugins/trusted_keys/*/name": "whose key it is; unique. Refusals and `plugin list` say it",
    "plugins/trusted_keys/*/public_key": "Ed25519 public key, 32 bytes in base64",
    "plugins/trusted_keys/*/revoked": "true: known, and not trusted any more",
    "plugins/watch": "take builds that appear in the folders into use without being asked; SIGHUP asks",
    "policy/additional_config": "what is to be done besides: each needs a guardrail of the policy that can do it",
    "policy/additional_config/adherence": "answers whose score for keeping to the arguments is below adherence_threshold are blocked",
    "policy/additional_config/custom": "detectors by name, each with its parameters as the guardrail's service takes them",
    "policy/additional_config/hallucination": "answers that are made up are blocked",
    "policy/additional_config/relevancy": "answers whose score for fitting the arguments is below relevancy_threshold are blocked",
    "policy/additional_config/topic": "texts about this subject, or one of these, are blocked",
    "policy/block": "words for the provider. An enabled policy without any gives a warning",
    "policy/enabled": "judge messages in this direction",
    "policy/mode": "observe: the guardrails judge, nothing is blocked or changed, the log says what would have been",
    "policy/policy_name": "for the provider, and shown in answers. Also guardrail_name",
    "policy/provider": "name of a binding in plugins.guardrails, or of a provider: only those judge. Without it all do, in order",
    "projects": "who may use which set of servers, by id",
    "projects/*/mcp_config_id": "an id in mcp_configs; without one the project's keys are refused",
    "projects/*/project_name": "for people",
    "projects/*/users": "ids of the members",
    "users": "people, by id",
    "users/*/email": "for people",
  ]
}
