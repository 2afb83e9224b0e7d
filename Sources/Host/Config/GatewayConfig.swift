/// The whole configuration document, typed and immutable. Secrets written as `${env:NAME}` or `${file:PATH}` are still references here; gateway keys
/// are only digests. `GatewayConfig()` is the built-in default: no servers, no keys, so nobody gets in.
package struct GatewayConfig: Sendable {
  /// `common_mcp_gateway_config`: log level, timeouts, caches.
  package var common = CommonSettings()
  /// `gateway`: the listener and its bounds.
  package var gateway = ListenerSettings()
  /// `admin_api`: the REST API for administrators.
  package var adminAPI = AdminAPISettings()
  /// `admin_apikey`: SHA-256 of the key that administers over REST; nil: only keys whose role is `admin` do.
  package var adminKey: KeyDigest?
  /// `plugins`: where libraries are found and which providers are bound.
  package var plugins = PluginsConfig()
  /// `mcp_configs`: named sets of upstream servers, by id.
  package var mcpConfigs: [String: MCPConfig] = [:]
  /// `projects`, by id.
  package var projects: [String: Project] = [:]
  /// `users`, by id.
  package var users: [String: User] = [:]
  /// `apikeys`, in the order of the file. Looked up through `KeyDirectory`.
  package var apiKeys: [APIKey] = []

  package init() {}
}

/// One entry of `mcp_configs`: a named set of servers that projects refer to.
package struct MCPConfig: Sendable {
  /// The member name in `mcp_configs`.
  package let id: String
  /// `mcp_config_name`.
  package let name: String
  /// `mcp_config`, in order. Names are unique.
  package let servers: [ServerEntry]
  /// `created_at`, as written.
  package let createdAt: String?
  /// `updated_at`, as written.
  package let updatedAt: String?
  /// `exposure` and how names are made.
  package let federation: FederationSettings
  /// How the servers' items are called where all of them are offered together.
  let federatedNames: FederatedNames
  /// An auth provider brought it: it stands in no file, and is its caller's alone.
  package let isFetched: Bool
  private let positions: [String: Int]

  /// Begins the ids of those.
  static let fetchedPrefix = "fetched:"

  package init(
    id: String, name: String, servers: [ServerEntry], federation: FederationSettings = FederationSettings(), createdAt: String? = nil,
    updatedAt: String? = nil, isFetched: Bool = false
  ) {
    self.id = id
    self.name = name
    self.servers = servers
    self.federation = federation
    federatedNames = FederatedNames(servers, federation)
    self.createdAt = createdAt
    self.updatedAt = updatedAt
    self.isFetched = isFetched
    positions = Dictionary(servers.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The server of exactly this name.
  package func server(named name: String) -> ServerEntry? { positions[name].map { servers[$0] } }
}

/// One entry of `projects`: users who share one set of servers.
package struct Project: Sendable, Hashable {
  /// The member name in `projects`.
  package var id: String
  /// `project_name`.
  package var name: String
  /// `mcp_config_id`; nil when none is assigned: the project's keys are then refused.
  package var mcpConfigID: String?
  /// `users`: ids of the members.
  package var users: [String]
  package var createdAt: String?
  package var updatedAt: String?
}

/// One entry of `users`.
package struct User: Sendable, Hashable {
  /// The member name in `users`.
  package var id: String
  package var email: String
  package var createdAt: String?
  package var updatedAt: String?
}

/// What a key allows beside the use of its project's servers.
package enum KeyRole: String, Sendable, CaseIterable {
  case user
  /// To administer the gateway over REST.
  case admin
}

/// One entry of `apikeys`. The key itself is never kept: only its digest, and a mask for people.
package struct APIKey: Sendable, Hashable {
  /// SHA-256 of the key's UTF-8 text.
  package var digest: KeyDigest
  /// `****` and the last four characters; for a key stored as `sha256:…`, the key id.
  package var masked: String
  package var projectID: String
  package var userID: String
  /// `disabled`.
  package var isDisabled: Bool
  /// `role`.
  package var role = KeyRole.user
  /// `expires_at`, in seconds since 1970; nil when the key does not expire.
  package var expiresAtUnixSeconds: Int64?
  package var createdAt: String?
  /// Whether the file holds the key in clear (as the original does) and not as `sha256:<hex>`.
  package var isStoredInClear: Bool

  /// First 12 hex digits of the digest: names the key in logs and lists, and cannot be turned back.
  package var keyID: String { digest.keyID }
}
