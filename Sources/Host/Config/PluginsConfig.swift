package import Egress
package import JSON
package import NIOCore

/// `plugins`: where shared libraries are found, which are trusted, and which providers are bound.
package struct PluginsConfig: Sendable, Hashable {
  /// `path`: directories searched for plugins, absolute (relative ones are resolved against the file's directory); nil: the default next to the executable.
  package var searchPaths: [String]?
  /// `trust` with `allowlist` and `trusted_keys`.
  package var trust: PluginTrust = .any
  /// `watch`: new builds that appear in the folders are taken into use without being asked to.
  package var watchesFolders = true
  /// `auth`: who knows callers. Always fails closed.
  package var auth = ProviderBinding(name: "local_apikey", provider: "local_apikey")
  /// `auth.fetched`: what a configuration that the auth provider fetched may ask for.
  package var fetchedRights = FetchedRights.remote
  /// `guardrails`: in the order in which they judge. Names are unique.
  package var guardrails: [GuardrailBinding] = []
  /// `telemetry`: every enabled destination of logs, traces and metrics. Names are unique.
  package var telemetry: [ProviderBinding] = []

  package init() {}

  package func guardrail(named name: String) -> GuardrailBinding? { guardrails.first { $0.provider.name == name } }
}

/// A provider chosen by name, with its configuration.
package struct ProviderBinding: Sendable, Hashable {
  /// What the binding is called in policies, logs and metrics; the provider's name unless `name` says otherwise.
  package var name: String
  /// `provider`: the name that a plugin offers.
  package var provider: String
  /// `plugin`: id of the library, needed when several offer the same provider name.
  package var plugin: String?
  /// `config`: handed to the provider after secrets are expanded; checked against the provider's own schema.
  package var config: JSONValue
  /// `egress`: where its HTTP requests may go besides public addresses, and the TLS profiles that they may name.
  package var egress: EgressRules
  /// `mode` and `sandbox`: in which process it runs.
  package var mode = PluginMode.automatic

  package init(
    name: String, provider: String, plugin: String? = nil, config: JSONValue = .object([:]), egress: EgressRules = EgressRules()
  ) {
    self.name = name
    self.provider = provider
    self.plugin = plugin
    self.config = config
    self.egress = egress
  }
}

/// One guardrail of the chain.
package struct GuardrailBinding: Sendable, Hashable {
  package var provider: ProviderBinding
  /// `on_failure`: what a missing verdict means.
  package var onFailure: FailurePolicy = .block
  /// `timeout`, seconds; nil: `guardrail_timeout`.
  package var timeout: TimeAmount?
  /// `inline`: the operator trusts this provider to judge small texts on the event loop, if it declares that it never waits.
  package var isInlineTrusted = false
  /// `breaker`: when it is not asked for a while.
  package var breaker = BreakerSettings()
  /// `startup`: what follows when it gives no verdict at the gateway's start.
  package var startup = StartupPolicy.strict
  /// `judges_only`: it replaces no text, and so may judge beside a call and beside others. A verdict of it that would replace text counts as none.
  package var onlyJudges = false

  package init(_ provider: ProviderBinding, onFailure: FailurePolicy = .block, timeout: TimeAmount? = nil, isInlineTrusted: Bool = false) {
    self.provider = provider
    self.onFailure = onFailure
    self.timeout = timeout
    self.isInlineTrusted = isInlineTrusted
  }
}

/// `on_failure`: what happens when a guardrail gives no verdict in time, or an invalid one.
package enum FailurePolicy: String, Sendable, Hashable, CaseIterable {
  /// The call is blocked. The default.
  case block
  /// The call goes on, as if the guardrail had nothing against it.
  case allow
  /// The call goes on and its result says that this guardrail did not run.
  case allowAndFlag = "allow_and_flag"
}
