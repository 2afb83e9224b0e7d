internal import JSON

/// Values of one type, or a report of what was found instead. The value itself is never told: it may be a secret in the wrong place.
extension Diagnostics {
  func typeError(at value: RawJSON, expected: String) {
    let found =
      switch value.kind {
      case .object: "an object"
      case .array: "an array"
      case .string: "a string"
      case .number: "a number"
      case .bool: "true or false"
      case .null: "null"
      }
    let isQuotable = expected == "a string" && (value.kind == .number || value.kind == .bool)
    let isUnquotable = value.kind == .string && (expected == "a number" || expected == "true or false")
    error(at: value, "expected \(expected), found \(found)", isQuotable ? "put it in quotes" : isUnquotable ? "remove the quotes" : nil)
  }

  func string(_ value: RawJSON) -> String? {
    recorder?.reads(value, as: ["type": "string"])
    guard value.kind == .string, let text = value.stringValue else {
      typeError(at: value, expected: "a string")
      return nil
    }
    guard !text.utf8.contains(0) else {
      error(at: value, "must not contain the character U+0000")
      return nil
    }
    return text
  }

  func bool(_ value: RawJSON) -> Bool? {
    recorder?.reads(value, as: ["type": "boolean"])
    guard let flag = value.boolValue else {
      typeError(at: value, expected: "true or false")
      return nil
    }
    return flag
  }

  func array(_ value: RawJSON) -> [RawJSON] {
    recorder?.readsArray(value)
    guard value.kind == .array else {
      typeError(at: value, expected: "an array")
      return []
    }
    return Array(value.elements)
  }

  func strings(_ value: RawJSON) -> [String] { array(value).compactMap { string($0) } }

  func map(_ value: RawJSON) -> [(name: String, key: RawJSON, value: RawJSON)] {
    recorder?.readsMap(value)
    guard value.kind == .object else {
      typeError(at: value, expected: "an object")
      return []
    }
    return value.members.map { ($0.key.stringValue ?? "", $0.key, $0.value) }
  }

  /// JSON tells names apart that look alike (composed and decomposed letters); people and lookups do not.
  func expectNew(_ key: RawJSON, _ isNew: Bool) {
    if !isNew { error(at: key, "differs from another id only in how its letters are encoded") }
  }

  func choice<T: RawRepresentable<String> & CaseIterable>(_ value: RawJSON, _ type: T.Type) -> T? {
    guard let text = string(value) else { return nil }
    recorder?.reads(value, as: Self.words(type))
    if let choice = T(rawValue: text) { return choice }
    let words = T.allCases.map(\.rawValue)
    let list = words.map { "\"\($0)\"" }.joined(separator: ", ")
    error(at: value, "must be one of \(list)", Suggestion.didYouMean(text, among: words))
    return nil
  }

  /// The schema of a choice.
  static func words<T: RawRepresentable<String> & CaseIterable>(_ type: T.Type) -> JSONObject {
    ["enum": .array(T.allCases.map { .string($0.rawValue) })]
  }
}
