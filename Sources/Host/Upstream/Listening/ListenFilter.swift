internal import JSON
internal import MCP

/// What a server of 2026-07-28 is asked to tell, or agrees to.
struct ListenFilter: Sendable, Equatable {
  var lists: Set<ListChange> = []
  var uris: Set<String> = []

  var isEmpty: Bool { lists.isEmpty && uris.isEmpty }

  /// The lists whose changes a server announces.
  init(announcedBy greeting: ServerGreeting) {
    lists = Set(ListChange.allCases.filter { greeting.capabilities?[$0.rawValue]?["listChanged"]?.boolValue == true })
  }

  init(lists: Set<ListChange> = [], uris: Set<String> = []) {
    self.lists = lists
    self.uris = uris
  }

  /// Reads `notifications` of an acknowledgement.
  init(_ raw: RawJSON?) {
    lists = Set(ListChange.allCases.filter { raw?[$0.filter]?.boolValue == true })
    uris = Set(raw?["resourceSubscriptions"]?.elements.compactMap { $0.stringValue } ?? [])
  }

  /// `params` of `subscriptions/listen`.
  var params: RawJSON {
    var filter = JSONObject()
    for list in ListChange.allCases where lists.contains(list) { filter[list.filter] = true }
    if !uris.isEmpty { filter["resourceSubscriptions"] = .array(uris.sorted().map { .string($0) }) }
    return RawJSON(["notifications": .object(filter)])
  }

  /// The notifications that say that all of it may have changed.
  var notifications: [MCP.Notification] {
    ListChange.allCases.filter { lists.contains($0) }.map { MCP.Notification(method: $0.method) }
      + uris.sorted().map { MCP.Notification(method: MethodName.resourceUpdated, params: RawJSON(["uri": .string($0)])) }
  }
}

extension ServerGreeting {
  /// The server tells of changes of single resources.
  var announcesUpdates: Bool { capabilities?["resources"]?["subscribe"]?.boolValue == true }
}
