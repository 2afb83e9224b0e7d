package import JSON

/// One place where two versions of the configuration differ, for people: secrets masked.
package struct DocumentChange: Sendable, Hashable {
  package enum Kind: String, Sendable { case add, remove, replace }
  package var kind: Kind
  /// RFC 6901; gateway keys in it are masked.
  package var path: String
  package var before: JSONValue?
  package var after: JSONValue?

  package var document: JSONValue {
    var document: JSONObject = ["change": .string(kind.rawValue), "path": .string(path)]
    if let before { document["before"] = before }
    if let after { document["after"] = after }
    return .object(document)
  }

  /// At most `Limits.Config.maxShownChanges`.
  static func all(from old: RawJSON, to new: [UInt8]) throws -> [DocumentChange] {
    let new = try RawJSON(validating: new, limits: JSONLimits(maxBytes: Limits.Config.maxDocumentBytes))
    var difference = Difference(oldMasked: DocumentMask.document(old.value), newMasked: DocumentMask.document(new.value))
    difference.compare(old, new, at: [])
    return difference.changes
  }

  /// Of texts that hold no secret: they are shown as they are.
  static func shown(from old: RawJSON, to new: RawJSON) -> [DocumentChange] {
    var difference = Difference(oldMasked: old.value, newMasked: new.value)
    difference.compare(old, new, at: [])
    return difference.changes
  }
}

/// Compares the texts, and shows the masked values of what differs.
private struct Difference {
  let oldMasked: JSONValue
  let newMasked: JSONValue
  private(set) var changes: [DocumentChange] = []

  init(oldMasked: JSONValue, newMasked: JSONValue) {
    self.oldMasked = oldMasked
    self.newMasked = newMasked
  }

  mutating func compare(_ old: RawJSON, _ new: RawJSON, at path: [String]) {
    guard old != new, changes.count < Limits.Config.maxShownChanges else { return }
    switch (old.kind, new.kind) {
    case (.object, .object): compareMembers(old, new, at: path)
    case (.array, .array): compareElements(Array(old.elements), Array(new.elements), at: path)
    default: if old.value != new.value { add(.replace, path, path) }
    }
  }

  private mutating func compareMembers(_ old: RawJSON, _ new: RawJSON, at path: [String]) {
    let before = Dictionary(old.members.map { ($0.key.stringValue ?? "", $0.value) }, uniquingKeysWith: { first, _ in first })
    var names: Set<String> = []
    for (key, value) in new.members {
      let name = key.stringValue ?? ""
      names.insert(name)
      if let earlier = before[name] { compare(earlier, value, at: path + [name]) } else { add(.add, nil, path + [name]) }
    }
    for (key, _) in old.members {
      if let name = key.stringValue, !names.contains(name) { add(.remove, path + [name], nil) }
    }
  }

  /// What is alike at both ends is left out.
  private mutating func compareElements(_ old: [RawJSON], _ new: [RawJSON], at path: [String]) {
    var start = 0
    while start < min(old.count, new.count), old[start] == new[start] { start += 1 }
    var tail = 0
    while tail < min(old.count, new.count) - start, old[old.count - 1 - tail] == new[new.count - 1 - tail] { tail += 1 }
    let (oldEnd, newEnd) = (old.count - tail, new.count - tail)
    for index in start..<max(oldEnd, newEnd) {
      let place = path + [String(index)]
      switch (index < oldEnd, index < newEnd) {
      case (true, true): compare(old[index], new[index], at: place)
      case (true, false): add(.remove, place, nil)
      case (false, _): add(.add, nil, place)
      }
    }
  }

  private mutating func add(_ kind: DocumentChange.Kind, _ old: [String]?, _ new: [String]?) {
    guard changes.count < Limits.Config.maxShownChanges, let path = new ?? old else { return }
    changes.append(
      DocumentChange(
        kind: kind, path: DocumentMask.pointer(path), before: old.flatMap { DocumentMask.value($0, in: oldMasked) },
        after: new.flatMap { DocumentMask.value($0, in: newMasked) }))
  }
}
