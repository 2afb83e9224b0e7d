internal import Synchronization

/// What was found out about servers when a conversation with them was last begun, so that the next one begins without asking. Bounded.
final class ServerMemory<Finding: Sendable>: Sendable {
  private let findings = Mutex<[String: Finding]>([:])

  subscript(server: UpstreamServer) -> Finding? {
    get { findings.withLock { $0[Self.key(server)] } }
    set {
      findings.withLock { findings in
        if findings.count >= Limits.Upstream.maxRememberedServers { findings.removeAll() }
        findings[Self.key(server)] = newValue
      }
    }
  }

  private static func key(_ server: UpstreamServer) -> String {
    [server.configID, server.name, server.revision].joined(separator: "\u{0}")
  }
}
