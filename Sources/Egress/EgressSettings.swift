package import NIOCore

/// Bounds and surroundings of an `EgressClient`.
package struct EgressSettings: Sendable {
  /// Requests under way at a time, streams included; one more fails with `overloaded`.
  package var maxTransfers = 1024
  /// Connections to one host and port; further requests wait for one. 0 is no limit. Counts streams, so a low limit lets streams starve calls.
  package var maxConnectionsPerHost = 0
  /// Connections kept open for later.
  package var maxPooledConnections = 256
  /// How long a connection may have been unused and still serve a request.
  package var maxConnectionIdleTime: TimeAmount = .seconds(60)
  /// How far a response's reader may be behind before the server is made to wait.
  package var bodyBufferBytes = 256 << 10
  package var maxRequestHeaderBytes = 64 << 10
  package var proxy = ProxySettings.none

  package init() {}
}
