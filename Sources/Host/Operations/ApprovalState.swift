internal import JSON

/// What of a server waits for an administrator, for those who look at it.
struct ApprovalState {
  private let pinning: Pinning
  private let pins: PinIndex.Server?
  private let isAccepted: Bool

  /// From what is in mind: `PinBook.refresh` comes first.
  init(_ server: ServerEntry, _ context: OperationContext) {
    pinning = server.definitions.pinning
    pins = context.services.discovery.pins.index.servers[PinKey(server, context.caller)]
    isAccepted = pins?.endpoint == nil || pins?.endpoint == server.endpoint.digest
  }

  var document: JSONValue {
    var document: JSONObject = ["pinning": .string(pinning.rawValue)]
    guard pinning != .off else { return .object(document) }
    document["endpoint"] = pins?.endpoint == nil ? "not seen yet" : isAccepted ? "accepted" : "changed"
    document["awaiting_approval"] = .array(
      (pins?.waiting ?? [:]).sorted { $0.key < $1.key }.map { name, waiting in
        ItemList.Awaiting(
          name: name, change: waiting.change, renamedFrom: waiting.renamedFrom,
          isHeldBack: pinning == .enforce && waiting.change != .removed
        ).document
      })
    return .object(document)
  }
}

extension ItemList.Awaiting {
  var document: JSONValue {
    var document: JSONObject = ["name": .string(name), "change": .string(change.rawValue), "held_back": .bool(isHeldBack)]
    if let renamedFrom { document["renamed_from"] = .string(renamedFrom) }
    return .object(document)
  }
}

extension ItemList.Shadow {
  var document: JSONValue { ["name": .string(name), "others": .array(others.map(JSONValue.string))] }
}
