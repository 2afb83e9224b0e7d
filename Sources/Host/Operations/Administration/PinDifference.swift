internal import JSON

/// One thing that waits for approval, as an administrator reads it.
struct PinDifference {
  private let server: PinSelection.Server
  /// Nil: it is the endpoint.
  let tool: String?
  let change: PinChange
  let digest: String
  private let before: JSONValue?
  private let after: JSONValue?
  private let at: String
  private let renamedFrom: String?
  private let shadows: [String]

  static func all(of server: PinSelection.Server, _ index: PinIndex) -> [PinDifference] {
    let pins = server.pins
    let endpoint = pins.newEndpoint.map { new in
      PinDifference(
        server: server, tool: nil, change: .changed, digest: new.endpoint.digest, before: pins.endpoint.map { .object($0.endpoint.shown) },
        after: .object(new.endpoint.shown), at: new.at, renamedFrom: nil, shadows: [])
    }
    let tools = pins.waiting.sorted { $0.key < $1.key }.map { name, waiting in
      PinDifference(
        server: server, tool: name, change: waiting.change, digest: waiting.digest, before: pins.tools?[name]?.definition,
        after: waiting.definition, at: waiting.at, renamedFrom: waiting.renamedFrom,
        shadows: waiting.change == .added ? index.shadowed(by: name, of: server.key) : [])
    }
    return (endpoint.map { [$0] } ?? []) + tools
  }

  /// Without the texts.
  var summary: JSONValue { .object(head) }

  private var head: JSONObject {
    var head = server.title
    if let tool { head["tool_name"] = .string(VisibleText.of(tool)) } else { head["endpoint"] = true }
    head["change"] = .string(change.rawValue)
    if let renamedFrom { head["renamed_from"] = .string(VisibleText.of(renamedFrom)) }
    head["digest"] = .string(digest)
    return head
  }

  var document: JSONValue {
    var document = head
    document["seen"] = .string(at)
    if !shadows.isEmpty { document["shadows"] = .array(shadows.map(JSONValue.string)) }
    let differences = differences(below: [])
    document["differences"] = .array(differences.map(\.document))
    if let note = note(differences) { document["note"] = .string(note) }
    return .object(document)
  }

  private func note(_ differences: [DocumentChange]) -> String? {
    if tool != nil, change != .removed, after == nil || change == .changed && before == nil {
      return "The definition is larger than \(Limits.Pinning.maxDefinitionBytes) bytes, so only its digest was kept."
    }
    if tool == nil, differences.isEmpty { return "What differs is a value that is not shown." }
    return differences.count >= Limits.Pinning.maxShownDifferences ? "There may be more differences than are shown." : nil
  }

  func differences(below path: [String]) -> [DocumentChange] {
    var prefix = JSONPointer()
    for token in path + [tool ?? "endpoint"] { prefix = prefix.appending(token) }
    let (old, new) = (before.map(VisibleText.of), after.map(VisibleText.of))
    let place = path.isEmpty ? "" : prefix.description
    switch (change == .added ? nil : old, change == .removed ? nil : new) {
    case (nil, nil): return []
    case (nil, let new?): return [DocumentChange(kind: .add, path: place, before: nil, after: new)]
    case (let old?, nil): return [DocumentChange(kind: .remove, path: place, before: old, after: nil)]
    case (let old?, let new?):
      return DocumentChange.shown(from: RawJSON(old), to: RawJSON(new)).prefix(Limits.Pinning.maxShownDifferences).map { change in
        var change = change
        change.path = place + change.path
        return change
      }
    }
  }
}

/// Texts of others, for people to read: what would not be seen, or would change how the rest is seen, is written as its number.
enum VisibleText {
  static func of(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnseen) else { return text }
    var shown = ""
    for scalar in text.unicodeScalars {
      if isUnseen(scalar) {
        shown += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  static func of(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): return .string(of(text))
    case .array(let elements): return .array(elements.map(of))
    case .object(let object):
      var shown = JSONObject()
      for (name, value) in object { shown[of(name)] = of(value) }
      return .object(shown)
    default: return value
    }
  }

  private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value == 0x7F || scalar.value < 0x20 && scalar != "\n" && scalar != "\t" }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: return true
    case .spaceSeparator: return true
    default: return scalar.properties.isDefaultIgnorableCodePoint
    }
  }
}
