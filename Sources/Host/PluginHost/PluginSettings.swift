package import Egress
package import NIOCore

/// How plugins are found, trusted and run.
package struct PluginSettings: Sendable {
  /// Folders searched for `lib*.so`, in order, not recursively. A missing folder is noted, not an error.
  package var searchPaths: [String]
  /// At the start; ``PluginHost/use(_:)`` changes it.
  package var trust: PluginTrust
  /// SHA-256 (lower-case hex) of libraries built with the gateway: they run in its process unless their binding says otherwise, are trusted on event loops
  /// without an `inline` setting, and are neither described nor tried out in a child.
  package var trustedInlineHashes: Set<String>
  /// Try `create` with the binding's configuration in a child process first, so that a crash there is an error and not the gateway's end.
  /// Costs a process start (1-15 ms) and the provider's own start-up a second time; not done for `trustedInlineHashes`.
  package var probeCreate: Bool
  /// The binary that describes libraries in a child process; it must hand `__plugin-describe` to `PluginDescriber`.
  package var describerPath: String
  /// Time for one library to be described.
  package var describeTimeout: TimeAmount
  /// Frames of one instance that may run on the pool at a time.
  package var concurrencyPerInstance: Int
  /// Slow frames on an event loop (over 1 ms, and more than 1 % of the calls) until the binding is moved to the pool.
  package var inlineStrikes: Int
  /// Calls of one instance that may overstay their deadline inside the plugin before further calls fail at once.
  package var maxStuckFrames: Int
  /// Paces the restarts of isolated plugins.
  package var restartClock: any RestartClock = SystemRestartClock()
  /// Keep the private copy in a file in a private folder although memfd would work.
  package var avoidMemfd: Bool

  package init(
    searchPaths: [String], trust: PluginTrust = .any, trustedInlineHashes: Set<String> = [], probeCreate: Bool = true,
    describerPath: String = "/proc/self/exe", describeTimeout: TimeAmount = .seconds(10), concurrencyPerInstance: Int = 8,
    inlineStrikes: Int = 8, maxStuckFrames: Int = 4, avoidMemfd: Bool = false
  ) {
    self.searchPaths = searchPaths
    self.trust = trust
    self.trustedInlineHashes = trustedInlineHashes
    self.probeCreate = probeCreate
    self.describerPath = describerPath
    self.describeTimeout = describeTimeout
    self.concurrencyPerInstance = max(1, concurrencyPerInstance)
    self.inlineStrikes = max(1, inlineStrikes)
    self.maxStuckFrames = max(1, maxStuckFrames)
    self.avoidMemfd = avoidMemfd
  }
}

/// In which process a binding runs.
package enum PluginMode: Sendable, Hashable {
  /// In the gateway's when the library was built with it, otherwise in one of its own without further rights.
  case automatic
  case inProcess
  /// In one of its own, with these rights.
  case isolated(SandboxRules)

  /// What its own process may do; nil when it runs in the gateway's.
  func sandbox(isBuiltIn: Bool) -> SandboxRules? {
    switch self {
    case .automatic: isBuiltIn ? nil : SandboxRules()
    case .inProcess: nil
    case .isolated(let rules): rules
    }
  }
}

/// One use of a provider, as the configuration names it.
package struct BindingSpec: Sendable, Hashable {
  package var kind: ProviderKind
  /// The operator's name for this use; appears in logs and metrics.
  package var bindingName: String
  /// The provider's name.
  package var provider: String
  /// The library's id, needed when several libraries offer the name.
  package var plugin: String?
  /// The provider's configuration, secrets expanded. Never logged.
  package var configJSON: [UInt8]
  /// The operator trusts a provider that promises `SMG_PF_INLINE` on event loops.
  package var trustInline: Bool
  package var createTimeout: TimeAmount
  /// Where its HTTP requests may go, and their TLS profiles.
  package var egress: EgressRules
  /// In which process it runs.
  package var mode: PluginMode

  package init(
    kind: ProviderKind, bindingName: String, provider: String, plugin: String? = nil, configJSON: [UInt8] = Array("{}".utf8),
    trustInline: Bool = false, createTimeout: TimeAmount = .seconds(10), egress: EgressRules = EgressRules(), mode: PluginMode = .automatic
  ) {
    self.kind = kind
    self.bindingName = bindingName
    self.provider = provider
    self.plugin = plugin
    self.configJSON = configJSON
    self.trustInline = trustInline
    self.createTimeout = createTimeout
    self.egress = egress
    self.mode = mode
  }
}
