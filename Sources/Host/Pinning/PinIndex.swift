/// What the gateway keeps in mind of the pins: digests and names, no definitions.
struct PinIndex: Sendable {
  struct Server: Sendable, Hashable {
    struct Tool: Sendable, Hashable {
      var digest: String
      var order: Int
    }
    struct Waiting: Sendable, Hashable {
      var change: PinChange
      var digest: String
      var renamedFrom: String?
    }
    var endpoint: String?
    var newEndpoint: String?
    var tools: [String: Tool]?
    var waiting: [String: Waiting] = [:]
  }

  private(set) var servers: [PinKey: Server] = [:]
  /// By set of servers, then by folded name: who has a tool of that name, and since when.
  private var holders: [String: [String: [Holder]]] = [:]

  private struct Holder: Sendable {
    var server: String
    var order: Int
  }

  init() {}

  init(_ document: PinDocument) {
    for (key, pins) in document.servers {
      servers[key] = Server(
        endpoint: pins.endpoint?.endpoint.digest, newEndpoint: pins.newEndpoint?.endpoint.digest,
        tools: pins.tools?.mapValues { Server.Tool(digest: $0.digest, order: $0.order) },
        waiting: pins.waiting.mapValues { Server.Waiting(change: $0.change, digest: $0.digest, renamedFrom: $0.renamedFrom) })
      for (name, tool) in pins.tools ?? [:] {
        holders[key.configID, default: [:]][ToolName.folded(name), default: []].append(Holder(server: key.server, order: tool.order))
      }
    }
  }

  /// Other servers of the set that had a tool of this name, or of one that looks like it, before this server had it.
  func shadowed(by name: String, of key: PinKey) -> [String] {
    guard let holders = holders[key.configID]?[ToolName.folded(name)] else { return [] }
    let since = servers[key]?.tools?[name]?.order ?? .max
    return holders.filter { $0.server != key.server && $0.order < since }.map(\.server).sorted()
  }

  /// Servers of which something else is accepted than in the other index.
  func differing(from other: PinIndex) -> Set<PinKey> {
    Set(servers.keys).union(other.servers.keys).filter { key in
      servers[key]?.endpoint != other.servers[key]?.endpoint || servers[key]?.tools != other.servers[key]?.tools
    }
  }
}

/// Names as models tell them apart: hardly by case or by what joins the words.
enum ToolName {
  static func folded(_ name: String) -> String {
    String(String.UnicodeScalarView(name.lowercased().unicodeScalars.filter { !"-_. ".unicodeScalars.contains($0) }))
  }
}
