internal import JSON
internal import MCP

/// One list of the items of several servers, in the order of the configuration and then of each server; and what is missing from it.
struct MergedList: Sendable {
  let kind: ItemKind
  private(set) var entries: [MergedItem] = []
  private(set) var unavailable: [Unavailable] = []
  private(set) var omitted: [Omitted] = []
  private(set) var shadowing: [Shadowing] = []
  private var names: Set<String> = []

  /// A server whose items are missing.
  struct Unavailable: Sendable {
    let server: String
    let error: GatewayError
    /// Asking again later may help.
    let isRetryable: Bool
  }

  /// A tool with the name of another server's, which had it first. A model may take one for the other.
  struct Shadowing: Sendable {
    let server: String
    let tool: ItemList.Shadow
  }

  /// An item that is left out although its server is there.
  struct Omitted: Sendable {
    enum Reason: String, Sendable {
      /// Its federated name means something else.
      case nameTaken = "name_taken"
      /// Clients could not read it.
      case malformed
    }
    let server: String
    let item: String
    let reason: Reason
  }

  init(_ kind: ItemKind) { self.kind = kind }

  /// An item of the gateway's own.
  mutating func add(own definition: RawJSON, name: String) {
    names.insert(name)
    entries.append(MergedItem(name: name, definition: definition, key: nil))
  }

  /// What one server has, or why nothing is known of it.
  mutating func add(_ found: Result<ItemList, GatewayError>, ofServerAt index: Int, _ federated: FederatedNames) {
    let server = federated.servers[index]
    switch found {
    case .failure(let error):
      let isRetryable = error.code != .configurationInvalid
      unavailable.append(Unavailable(server: server.name, error: error, isRetryable: isRetryable))
    case .success(let list) where !list.serverRejection.isEmpty:
      unavailable.append(Unavailable(server: server.name, error: .rejected(server), isRetryable: false))
    case .success(let list):
      for item in list.items { add(item, ofServerAt: index, federated) }
      for tool in list.shadows.prefix(Limits.Pinning.maxReportedShadows - shadowing.count) {
        shadowing.append(Shadowing(server: server.name, tool: tool))
      }
    }
  }

  private mutating func add(_ item: ItemList.Item, ofServerAt index: Int, _ federated: FederatedNames) {
    let server = federated.servers[index]
    guard item.isWellFormed else { return omit(item, of: server, .malformed) }
    guard let merged = MergedItem(item, kind, ofServerAt: index, federated), names.insert(merged.name).inserted else {
      return omit(item, of: server, .nameTaken)
    }
    entries.append(merged)
  }

  private mutating func omit(_ item: ItemList.Item, of server: ServerEntry, _ reason: Omitted.Reason) {
    guard omitted.count < Limits.Federation.maxReportedOmissions else { return }
    omitted.append(Omitted(server: server.name, item: item.name, reason: reason))
  }

  /// Changes when the names or their order do.
  var digest: UInt64 {
    var text = Array(kind.rawValue.utf8)
    for entry in entries {
      text.append(0)
      text += entry.name.utf8
    }
    return KeyDigest(of: text).prefix
  }
}

/// An item under the name by which clients ask for it. Of what its server wrote, only that name differs.
struct MergedItem: Sendable {
  let name: String
  let definition: RawJSON
  /// The member that is written anew, and its JSON text; nil: none.
  fileprivate let key: (place: RawJSON, text: [UInt8])?
  /// A tool without the `inputSchema` that clients insist on takes any object.
  private let lacksSchema: Bool
  /// Of a tool: its output need not be an object, which legacy revisions do not know.
  private let hasPlainOutput: Bool

  fileprivate init(
    name: String, definition: RawJSON, key: (place: RawJSON, text: [UInt8])?, lacksSchema: Bool = false, hasPlainOutput: Bool = false
  ) {
    self.name = name
    self.definition = definition
    self.key = key
    self.lacksSchema = lacksSchema
    self.hasPlainOutput = hasPlainOutput
  }

  /// - Returns: nil when the name means an item of another server.
  init?(_ item: ItemList.Item, _ kind: ItemKind, ofServerAt index: Int, _ federated: FederatedNames) {
    let lacksSchema = kind == .tools && item.definition["inputSchema"] == nil
    guard let place = item.definition[kind.key] else { return nil }
    switch kind {
    case .tools, .prompts:
      guard let name = federated.name(of: item.name, at: index) else { return nil }
      let isSame = name.utf8.count == item.name.utf8.count
      self.init(
        name: name, definition: item.definition, key: isSame ? nil : (place, JSONValue.string(name).serialized()), lacksSchema: lacksSchema,
        hasPlainOutput: item.hasPlainOutput)
    case .resources, .resourceTemplates:
      let prefix = federated.uriPrefix(of: federated.servers[index])
      self.init(
        name: (prefix ?? "") + item.name, definition: item.definition, key: prefix.map { (place, FederatedURI.prefixed(place, with: $0)) })
    }
  }

  /// About how much it adds to a list.
  var byteCount: Int { definition.bytes.count }

  /// The object as it came, with the name put in place.
  func write(into writer: inout JSONWriter, era: Era) {
    if hasPlainOutput, era == .legacy { return writer.object(writeWithoutOutput) }
    guard key != nil || lacksSchema else { return writer.raw(definition) }
    var text = Array(definition.bytes)
    // The end first: what comes before it keeps its place.
    if lacksSchema { text.insert(contentsOf: #","inputSchema":{"type":"object"}"#.utf8, at: text.count - 1) }
    if let key {
      let start = key.place.offset - definition.offset
      text.replaceSubrange(start..<(start + key.place.bytes.count), with: key.text)
    }
    writer.raw(text)
  }

  private func writeWithoutOutput(into writer: inout JSONWriter) {
    for (name, value) in definition.members where name.stringValue != "outputSchema" {
      writer.rawKey(name)
      if let key, name.stringValue == ItemKind.tools.key { writer.raw(key.text) } else { writer.raw(value) }
    }
    if lacksSchema { writer.member("inputSchema", object: { $0.member("type", "object") }) }
  }
}
