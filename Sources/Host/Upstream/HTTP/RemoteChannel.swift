internal import MCP

/// What was found out about how a server over HTTP is spoken to.
enum RemoteChannel: Sendable {
  /// 2026-07-28: every request stands for itself.
  case modern
  /// Streamable HTTP with `initialize`.
  case streamable(RemoteWire.Session)
  /// HTTP+SSE: messages are posted to this URL and answered on the one stream.
  case events(url: String)

  enum Kind: Sendable, Hashable {
    case modern, streamable, events
  }

  var kind: Kind {
    switch self {
    case .modern: .modern
    case .streamable: .streamable
    case .events: .events
    }
  }

  /// What to try with a server, in this order (MCP 2026-07-28, "Backwards compatibility").
  static func order(_ transport: RemoteServer.Transport, _ eraPin: UpstreamServer.EraPin) -> [Kind] {
    let kinds: [Kind] =
      switch transport {
      case .automatic: [.modern, .streamable, .events]
      case .streamable: [.modern, .streamable]
      case .events: [.events]
      }
    return kinds.filter { eraPin == .auto || ($0 == .modern) == (eraPin == .modern) }
  }
}
