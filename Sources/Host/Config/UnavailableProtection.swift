/// Settings that ask for protection, or for a way to reach servers, that this version does not have. Going on without it would leave an operator
/// believing in it, so a document that switches one on is refused. Whoever builds one takes its line away.
enum UnavailableProtection: CaseIterable {
  case sandbox, externalCache, remoteConfig, oauth

  /// What is asked for, as the subject of a sentence.
  private var subject: String {
    switch self {
    case .sandbox: "Sandboxed servers are"
    case .externalCache: "An external cache is"
    case .remoteConfig: "Remote configuration by this setting is"
    case .oauth: "OAuth towards servers is"
    }
  }

  var reason: String { "\(subject) not available in this version" }

  var suggestion: String {
    switch self {
    case .externalCache: "set it to false; the cache in the gateway's memory is used"
    case .remoteConfig: "set it to false, and \"use_remote_config\" in the config of the auth provider \"enkrypt\" to true"
    default: "switch it off to start without it"
    }
  }
}
