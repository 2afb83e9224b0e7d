package import JSON
package import NIOCore

/// One upstream MCP server of an `mcp_config` array.
package final class ServerEntry: Sendable {
  /// `server_name`: how callers name it; exact match.
  package let name: String
  /// `description`: shown in lists, and screened.
  package let description: String
  /// `config`: how the server is reached. Secrets are still references.
  package let reach: ServerReach
  /// What pins remember of `reach`.
  package let endpoint: PinnedEndpoint
  /// `protocol`: which revisions are spoken with the server.
  package let eraPin: UpstreamServer.EraPin
  /// `tools`: name → description or tool object. Not empty: these are all the tools there are, and no discovery takes place.
  package let tools: JSONObject
  /// How the definitions of its items are judged.
  package let definitions: DefinitionSettings
  /// `input_guardrails_policy`, or `input_guardrails_config`.
  package let inputPolicy: GuardrailPolicy
  /// `output_guardrails_policy`, or `output_guardrails_config`.
  package let outputPolicy: GuardrailPolicy
  /// `denied_tools`: never called and never listed. Ask `access(to:)`.
  package let deniedTools: [DeniedTool]
  /// `allowed_tools`: patterns, of which one must match a tool that `tools` does not name; nil: none is needed.
  package let allowedTools: [String]?
  /// `async_safe_tools`: tools without side effects, which may start before their input verdict. The administrator says so; what a server says of
  /// its tools is not believed.
  package let asyncSafeTools: Set<String>
  /// `sharing`: who may share one running instance.
  package let sharing: UpstreamServer.Sharing
  /// `idle_timeout`, seconds: an instance without a call for so long is stopped.
  package let idleTimeout: TimeAmount
  /// `start_timeout`, seconds: from the first call to the end of the handshake; nil: what is usual for the way the server is reached.
  package let startTimeout: TimeAmount?
  /// `timeout`, seconds: one tool call; nil: `tool_execution_timeout`.
  package let timeout: TimeAmount?
  /// `max_concurrency`: calls at a time in one instance; nil: no bound of its own.
  package let maxConcurrency: Int?
  package let health: HealthSettings
  /// `forward_baggage`: the server is told the baggage that a caller's trace carries.
  package let forwardsBaggage: Bool
  /// The entry as it may be shown: as written, secrets masked (environment, headers, arguments, OAuth secret).
  package let published: JSONObject
  /// Changes when anything in the entry changes: 32 hex digits.
  package let revision: String

  init(
    name: String, description: String, reach: ServerReach, eraPin: UpstreamServer.EraPin, tools: JSONObject,
    definitions: DefinitionSettings,
    inputPolicy: GuardrailPolicy, outputPolicy: GuardrailPolicy, deniedTools: [DeniedTool], allowedTools: [String]?,
    asyncSafeTools: Set<String>,
    sharing: UpstreamServer.Sharing, idleTimeout: TimeAmount, startTimeout: TimeAmount?, timeout: TimeAmount?, maxConcurrency: Int?,
    health: HealthSettings, forwardsBaggage: Bool, published: JSONObject, revision: String
  ) {
    self.name = name
    self.description = description
    self.reach = reach
    endpoint = PinnedEndpoint(reach)
    self.eraPin = eraPin
    self.tools = tools
    self.definitions = definitions
    self.inputPolicy = inputPolicy
    self.outputPolicy = outputPolicy
    self.deniedTools = deniedTools
    self.allowedTools = allowedTools
    self.asyncSafeTools = asyncSafeTools
    self.sharing = sharing
    self.idleTimeout = idleTimeout
    self.startTimeout = startTimeout
    self.timeout = timeout
    self.maxConcurrency = maxConcurrency
    self.health = health
    self.forwardsBaggage = forwardsBaggage
    self.published = published
    self.revision = revision
  }
}

/// How many conversations a server may have, and when one is given up.
package struct HealthSettings: Sendable, Hashable {
  /// `max_instances`: processes of a command, conversations over HTTP, over all callers.
  package var maxInstances = Limits.Upstream.maxChildrenPerServer
  /// `health_interval`, seconds: how often an idle conversation is asked for a sign of life; nil: never.
  package var interval: TimeAmount?
  /// `max_unanswered`: of the last ten calls; nil: never.
  package var maxUnanswered: Int? = Limits.Upstream.maxUnanswered
}

/// `config` of a server.
package enum ServerReach: Sendable, Hashable {
  /// It runs as a child process and speaks MCP on its standard streams.
  case command(ServerCommand)
  /// It is reached over HTTP. The values of its headers and its URL may still refer to secrets.
  case remote(RemoteServer)

  var isRemote: Bool { if case .remote = self { true } else { false } }
}

/// `config` of a server that runs as a child process.
package struct ServerCommand: Sendable, Hashable {
  /// `command`: an absolute path, or a name found in PATH.
  package var command: String
  /// `args`
  package var arguments: [String]
  /// `env`: added to the minimal base environment; nothing else is inherited. In the order of the file.
  package var environment: [EnvironmentVariable]
  /// `cwd`: working directory, absolute (a relative one is resolved against the file's directory); nil: the gateway's.
  package var workingDirectory: String?
  /// `limits` of the entry.
  package var limits: ResourceLimits

  package init(
    command: String, arguments: [String], environment: [EnvironmentVariable], workingDirectory: String? = nil,
    limits: ResourceLimits = .standard
  ) {
    self.command = command
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.limits = limits
  }
}

package struct EnvironmentVariable: Sendable, Hashable {
  package var name: String
  package var value: String
}

/// One entry of `denied_tools`.
package struct DeniedTool: Sendable, Hashable {
  /// Glob: `*` any run of characters, `?` one. A lone `*` denies all but the tools that `tools` lists.
  package var pattern: String
  /// Shown to the caller.
  package var reason: String?
}

/// Whether the configuration lets a tool of a server be seen and called.
package enum ToolAccess: Sendable, Hashable {
  case allowed
  /// `tools` is not empty and does not list it, or no pattern of `allowed_tools` matches.
  case notListed
  /// A pattern of `denied_tools` matches; the reason is the administrator's.
  case denied(reason: String?)
}

extension ServerEntry {
  /// Whether `tools` defines the server's tools, so that none are discovered.
  package var hasExplicitTools: Bool { tools.count > 0 }

  /// The configuration's word on a tool: the same for listing and for calling.
  package func access(to tool: String) -> ToolAccess {
    let isListed = tools[tool] != nil
    for denied in deniedTools where denied.pattern == "*" ? !isListed : Glob.matches(denied.pattern, tool) {
      return .denied(reason: denied.reason)
    }
    if isListed { return .allowed }
    guard !hasExplicitTools, allowedTools?.contains(where: { Glob.matches($0, tool) }) ?? true else { return .notListed }
    return .allowed
  }
}
