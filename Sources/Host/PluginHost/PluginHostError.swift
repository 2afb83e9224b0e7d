/// Why a provider cannot be used. The text names what was found and where it was looked for; never a configuration value.
package enum PluginHostError: Error, Sendable, CustomStringConvertible {
  /// No library offers the name.
  case unknownProvider(
    kind: ProviderKind, name: String, plugin: String?, found: [ProviderListing], searched: [String], refused: [PluginRefusal])
  /// Several libraries offer the name and the configuration does not say which.
  case ambiguousProvider(kind: ProviderKind, name: String, candidates: [ProviderListing])
  /// The configuration does not fit the provider's schema, or is not JSON.
  case invalidConfiguration(binding: String, provider: String, problems: [String])
  /// `create` said no, crashed in the child, or did not return; `reason` is for the operator.
  case createFailed(binding: String, provider: String, reason: String)
  /// An instance of another build was created and says that it cannot work.
  case unhealthy(binding: String, provider: String, reason: String)
  /// The provider's library was loaded once, and is not trusted any more.
  case untrusted(binding: String, provider: String, refusal: PluginRefusal)
  /// The host itself lacks something: a thread, a descriptor, or it is shutting down.
  case unavailable(reason: String)

  package var description: String {
    switch self {
    case .unknownProvider(let kind, let name, let plugin, let found, let searched, let refused):
      Self.unknown(kind, name, plugin, found, searched, refused)
    case .ambiguousProvider(let kind, let name, let candidates):
      "several libraries offer the \(kind.rawValue) provider \"\(name)\": "
        + candidates.map { "\($0.pluginID) \($0.version) (\($0.path))" }.joined(separator: ", ")
        + "; name one of their ids as \"plugin\", or remove the others"
    case .invalidConfiguration(let binding, let provider, let problems):
      "configuration of \"\(binding)\" (provider \"\(provider)\"): " + problems.joined(separator: "; ")
    case .createFailed(let binding, let provider, let reason):
      "\"\(binding)\" (provider \"\(provider)\") cannot be created: \(reason)"
    case .unhealthy(let binding, let provider, let reason):
      "\"\(binding)\" (provider \"\(provider)\") is not healthy: \(reason)"
    case .untrusted(let binding, let provider, let refusal):
      "\"\(binding)\" (provider \"\(provider)\") cannot be created: \(refusal)"
    case .unavailable(let reason): reason
    }
  }

  private static func unknown(
    _ kind: ProviderKind, _ name: String, _ plugin: String?, _ found: [ProviderListing], _ searched: [String], _ refused: [PluginRefusal]
  ) -> String {
    let from = plugin.map { " from plugin \"\($0)\"" } ?? ""
    let offers = found.filter { $0.kind == kind }
    let available = offers.map { "\n  found: \(kind.rawValue) \"\($0.name)\" (\($0.pluginID), \($0.path))" }.joined()
    let suggestion = Suggestion.didYouMean(name, among: offers.map(\.name)).map { "; \($0)" } ?? ""
    let refusals = refused.map { "\n  refused: \($0)" }.joined()
    return "no library offers the \(kind.rawValue) provider \"\(name)\"\(from)\(suggestion)"
      + (available.isEmpty ? "\n  found: no \(kind.rawValue) provider" : available)
      + "\n  looked in: \(searched.isEmpty ? "no folder" : searched.joined(separator: ", "))" + refusals
  }
}
