package import JSON

/// A server of a set of servers, as pins know it.
package struct PinKey: Sendable, Hashable {
  package var configID: String
  package var server: String

  package init(configID: String, server: String) {
    self.configID = configID
    self.server = server
  }
}

/// How what a server says now differs from what was accepted.
package enum PinChange: String, Sendable, CaseIterable {
  case added, changed, removed
}

/// What of one server was accepted, and what waits for an administrator.
package struct ServerPins: Sendable {
  package struct Endpoint: Sendable {
    package var endpoint: PinnedEndpoint
    /// When it was first seen, or approved.
    package var at: String
  }

  package struct Tool: Sendable {
    package var digest: String
    /// As the server wrote it; nil when it is too large to be kept.
    package var definition: JSONValue?
    /// Counts up over all tools of all servers: who came first.
    package var order: Int
    package var at: String
  }

  package struct Waiting: Sendable {
    package var change: PinChange
    /// Of the definition that waits; of a tool that is gone, that of the accepted one.
    package var digest: String
    /// As the server writes it now; nil when the tool is gone, or the definition is too large to be kept.
    package var definition: JSONValue?
    /// An accepted tool that is gone and was the same but for its name.
    package var renamedFrom: String?
    package var at: String
  }

  package var endpoint: Endpoint?
  package var newEndpoint: Endpoint?
  /// By name; nil: the tools were never listed.
  package var tools: [String: Tool]?
  package var waiting: [String: Waiting] = [:]

  package var isWaiting: Bool { newEndpoint != nil || !waiting.isEmpty }

  package init() {}
}

/// A tool as its server describes it now.
struct SeenTool: Sendable {
  let name: String
  let digest: String
  let definition: JSONValue

  init(_ item: ItemList.Item) {
    name = item.name
    definition = item.definition.value
    digest = DefinitionDigest.hex(of: definition)
  }

  /// What of the definition is kept for administrators to look at.
  var keptDefinition: JSONValue? { definition.serialized().count <= Limits.Pinning.maxDefinitionBytes ? definition : nil }
}

extension ServerPins {
  /// Takes in what the server says now. The first list is accepted as it is; later ones are compared with it.
  /// - Parameters:
  ///   - others: names that the server lists too and that are not to be looked at.
  ///   - order: the next number to be given.
  mutating func see(_ seen: [SeenTool], others: Set<String>, order: inout Int, now: String) {
    guard let tools else {
      tools = [:]
      for tool in seen { accept(tool.name, tool.digest, tool.keptDefinition, order: &order, now: now) }
      return
    }
    var found: [String: Waiting] = [:]
    let names = Set(seen.map(\.name)).union(others)
    for (name, tool) in tools where !names.contains(name) {
      found[name] = Waiting(change: .removed, digest: tool.digest, definition: nil, renamedFrom: nil, at: now)
    }
    let gone = tools.filter { !names.contains($0.key) }
    for tool in seen where tools[tool.name]?.digest != tool.digest {
      let isNew = tools[tool.name] == nil
      let origin = isNew ? Self.origin(of: tool, among: gone) : nil
      found[tool.name] = Waiting(
        change: isNew ? .added : .changed, digest: tool.digest, definition: tool.keptDefinition, renamedFrom: origin, at: now)
    }
    // What waited before keeps its date.
    waiting = found.mapValues { $0 }.merging(waiting) { new, old in new.change == old.change && new.digest == old.digest ? old : new }
      .filter { found[$0.key] != nil }
  }

  private static func origin(of tool: SeenTool, among gone: [String: Tool]) -> String? {
    let body = DefinitionDigest.hexWithoutName(of: tool.definition)
    return gone.filter { _, old in old.definition.map(DefinitionDigest.hexWithoutName) == body }.keys.min()
  }

  /// The endpoint as it is configured now. The first is accepted.
  mutating func see(_ present: PinnedEndpoint, now: String) {
    guard let endpoint else {
      self.endpoint = Endpoint(endpoint: present, at: now)
      return
    }
    if present.digest == endpoint.endpoint.digest {
      newEndpoint = nil
    } else if newEndpoint?.endpoint.digest != present.digest {
      newEndpoint = Endpoint(endpoint: present, at: now)
    }
  }

  // MARK: Approval

  mutating func approveEndpoint(now: String) {
    guard let newEndpoint else { return }
    endpoint = Endpoint(endpoint: newEndpoint.endpoint, at: now)
    self.newEndpoint = nil
  }

  mutating func approve(_ name: String, order: inout Int, now: String) {
    guard let change = waiting.removeValue(forKey: name) else { return }
    switch change.change {
    case .removed: tools?[name] = nil
    case .added, .changed: accept(name, change.digest, change.definition, order: &order, now: now)
    }
  }

  private mutating func accept(_ name: String, _ digest: String, _ definition: JSONValue?, order: inout Int, now: String) {
    let number = tools?[name]?.order ?? order
    if tools?[name] == nil { order += 1 }
    tools?[name] = Tool(digest: digest, definition: definition, order: number, at: now)
  }
}
