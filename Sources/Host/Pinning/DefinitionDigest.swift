internal import JSON

/// What makes two definitions the same: all members and values; not the order in which members stand, which some servers change from one answer to the next.
enum DefinitionDigest {
  /// SHA-256, lower-case hex.
  static func hex(of definition: JSONValue) -> String { KeyDigest(of: sorted(definition).serialized()).hex }

  /// Of everything but the name: what a tool keeps when it is renamed.
  static func hexWithoutName(of definition: JSONValue) -> String {
    guard case .object(var object) = definition else { return hex(of: definition) }
    object.removeValue(forKey: "name")
    return hex(of: .object(object))
  }

  /// As deep as the reader of JSON lets a document be.
  private static func sorted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let object):
      var result = JSONObject()
      for key in object.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) { result[key] = object[key].map(sorted) }
      return .object(result)
    case .array(let elements): return .array(elements.map(sorted))
    default: return value
    }
  }
}
