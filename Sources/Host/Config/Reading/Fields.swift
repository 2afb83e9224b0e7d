internal import JSON
internal import NIOCore

/// The members of one object while it is read. Every name that is asked for is known there; what nobody asked for is reported as unknown, with
/// the nearest known name. So the set of known keys is the reading code itself. Null counts as absent.
final class Fields {
  let raw: RawJSON
  let diagnostics: Diagnostics
  private var members: [(name: String, key: RawJSON, value: RawJSON, isAsked: Bool)] = []
  private var known: [String] = []

  /// Runs `body` over the members of `raw` and reports what it left over; nil, and an error, when `raw` is not an object.
  static func read<T>(_ raw: RawJSON, _ diagnostics: Diagnostics, _ body: (Fields) -> T) -> T? {
    guard raw.kind == .object else {
      diagnostics.typeError(at: raw, expected: "an object")
      return nil
    }
    diagnostics.recorder?.reads(raw)
    let fields = Fields(raw, diagnostics)
    let result = body(fields)
    fields.reportUnknown()
    return result
  }

  private init(_ raw: RawJSON, _ diagnostics: Diagnostics) {
    self.raw = raw
    self.diagnostics = diagnostics
    members = raw.members.map { ($0.key.stringValue ?? "", $0.key, $0.value, false) }
  }

  private func reportUnknown() {
    for member in members where !member.isAsked && !Self.isComment(member.name) {
      diagnostics.error(at: member.key, "unknown key \"\(Self.shown(member.name))\"", Suggestion.didYouMean(member.name, among: known))
    }
  }

  /// `x-…` is a comment everywhere, and `_doc…`, as the original's example file has them.
  static func isComment(_ name: String) -> Bool { name.hasPrefix("x-") || name.hasPrefix("_doc") }

  /// A name fit for a message: printable and short.
  static func shown(_ name: String) -> String {
    let printable = name.unicodeScalars.prefix(64).map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }
    return String(String.UnicodeScalarView(printable)) + (name.unicodeScalars.count > 64 ? "…" : "")
  }

  // MARK: Values

  /// The value of a member; nil when it is absent or null.
  /// - Parameter schema: what it may be, where reading it does not show that.
  func value(_ name: String, schema: @autoclosure () -> JSONObject? = nil) -> RawJSON? {
    diagnostics.recorder?.asks(name, of: raw, schema: schema())
    return refused(name)
  }

  /// The value of a member that may not be there.
  func refused(_ name: String) -> RawJSON? {
    known.append(name)
    guard let index = members.firstIndex(where: { $0.name == name }) else { return nil }
    members[index].isAsked = true
    return members[index].value.isNull ? nil : members[index].value
  }

  /// Names that are known and change nothing here.
  func accept(_ names: String...) { for name in names { _ = value(name, schema: ["description": "accepted, without effect"]) } }

  /// The value of the first of several names for the same thing. Two of them at once are an error.
  func value(anyOf names: String...) -> RawJSON? {
    let found = names.compactMap { name in value(name).map { (name, $0) } }
    diagnostics.recorder?.same(names, of: raw)
    if let (name, second) = found.dropFirst().first {
      diagnostics.error(at: second, "\"\(name)\" says the same as \"\(found[0].0)\"", "keep one of them")
    }
    return found.first?.1
  }

  func missing(_ name: String) { diagnostics.error(at: raw, "\"\(name)\" is missing") }

  func string(_ name: String) -> String? { value(name, schema: ["type": "string"]).flatMap { diagnostics.string($0) } }

  func requiredString(_ name: String) -> String? {
    diagnostics.recorder?.requires(name, of: raw)
    guard let value = value(name, schema: ["type": "string", "minLength": 1]) else {
      missing(name)
      return nil
    }
    guard let text = diagnostics.string(value) else { return nil }
    if text.isEmpty { diagnostics.error(at: value, "must not be empty") }
    return text
  }

  func bool(_ name: String) -> Bool? { value(name, schema: ["type": "boolean"]).flatMap { diagnostics.bool($0) } }

  func int(_ name: String, in range: ClosedRange<Int>) -> Int? {
    guard
      let value = value(
        name,
        schema: [
          "type": "integer", "minimum": .number(JSONNumber(range.lowerBound)), "maximum": .number(JSONNumber(range.upperBound)),
        ])
    else { return nil }
    guard value.kind == .number else {
      diagnostics.typeError(at: value, expected: "a number")
      return nil
    }
    guard let number = value.intValue, range.contains(number) else {
      diagnostics.error(at: value, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }

  func number(_ name: String, in range: ClosedRange<Double>) -> Double? {
    guard
      let value = value(
        name,
        schema: [
          "type": "number", "minimum": .number(JSONNumber(range.lowerBound)), "maximum": .number(JSONNumber(range.upperBound)),
        ])
    else { return nil }
    guard value.kind == .number else {
      diagnostics.typeError(at: value, expected: "a number")
      return nil
    }
    guard let number = value.doubleValue, range.contains(number) else {
      diagnostics.error(at: value, "must be a number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }

  /// A length of time written as a number of units: at least a millisecond (or zero, where that means "not at all"), at most
  /// `Limits.Config.maxDurationSeconds`.
  func duration(_ name: String, unitSeconds: Double = 1, allowsZero: Bool = false) -> TimeAmount? {
    let longest = Limits.Config.maxDurationSeconds
    guard
      let value = value(
        name,
        schema: [
          "type": "number", allowsZero ? "minimum" : "exclusiveMinimum": 0, "maximum": .number(JSONNumber(longest / unitSeconds)),
        ])
    else { return nil }
    guard value.kind == .number else {
      diagnostics.typeError(at: value, expected: "a number")
      return nil
    }
    guard let number = value.doubleValue, case let seconds = number * unitSeconds, seconds <= longest,
      seconds >= 0.001 || allowsZero && seconds == 0
    else {
      diagnostics.error(at: value, "must be \(allowsZero ? "0 or " : "")a length of time above 0, at most \(Int(longest / unitSeconds))")
      return nil
    }
    return .nanoseconds(Int64(seconds * 1e9))
  }

  func strings(_ name: String) -> [String]? {
    value(name, schema: ["type": "array", "items": ["type": "string"]]).flatMap { diagnostics.strings($0) }
  }

  func choice<T: RawRepresentable<String> & CaseIterable>(_ name: String, _ type: T.Type) -> T? {
    value(name, schema: Diagnostics.words(type)).flatMap { diagnostics.choice($0, type) }
  }

  func object<T>(_ name: String, _ body: (Fields) -> T) -> T? { value(name).flatMap { Fields.read($0, diagnostics, body) } }

  /// The members of an object whose names are data (ids, variables); empty when it is absent.
  func map(_ name: String) -> [(name: String, key: RawJSON, value: RawJSON)] { value(name).map { diagnostics.map($0) } ?? [] }

  /// The elements of an array; empty when it is absent.
  func array(_ name: String) -> [RawJSON] { value(name).map { diagnostics.array($0) } ?? [] }
}
