package import Egress
package import NIOCore

/// Where and how an MCP server is reached over HTTP, its secrets in place.
package struct RemoteServer: Sendable, Hashable {
  package enum Transport: Sendable, Hashable {
    /// Found out: Streamable HTTP first, then HTTP+SSE.
    case automatic
    /// Streamable HTTP, of 2025-03-26 and later.
    case streamable
    /// HTTP+SSE, of 2024-11-05.
    case events
  }

  /// Absolute, http or https. May hold a secret in its query.
  package var url: String
  package var transport: Transport
  /// Sent with every request. May hold secrets; never shown.
  package var headers: [HeaderField]
  /// Which addresses may be connected to, and ``tlsProfile`` if there is one.
  package var rules: EgressRules
  package var connectTimeout: TimeAmount

  /// The name of the server's own profile in ``rules``.
  package static let tlsProfile = "server"

  package init(
    url: String, transport: Transport = .automatic, headers: [HeaderField] = [], rules: EgressRules = EgressRules(),
    connectTimeout: TimeAmount = Limits.Upstream.connectTimeout
  ) {
    self.url = url
    self.transport = transport
    self.headers = headers
    self.rules = rules
    self.connectTimeout = connectTimeout
  }
}

package struct HeaderField: Sendable, Hashable {
  package var name: String
  package var value: String

  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

extension UpstreamServer {
  /// A server over HTTP.
  package init(
    configID: String, name: String, remote: RemoteServer, eraPin: EraPin = .auto, sharing: Sharing = .principal,
    idleTimeout: TimeAmount = Limits.Upstream.idleTimeout, startTimeout: TimeAmount = Limits.Upstream.remoteStartTimeout,
    maxConcurrency: Int? = nil, revision: String = ""
  ) {
    self.init(
      configID: configID, name: name, command: "", sharing: sharing, idleTimeout: idleTimeout, startTimeout: startTimeout,
      maxConcurrency: maxConcurrency, revision: revision)
    self.remote = remote
    self.eraPin = eraPin
  }
}
