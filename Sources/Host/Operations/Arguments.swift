internal import JSON

/// Typed access to the arguments of an operation. `null` counts as absent.
struct Arguments {
  private let raw: RawJSON

  init(_ raw: RawJSON) { self.raw = raw }

  func string(_ name: String) throws(GatewayError) -> String? {
    guard let value = member(name) else { return nil }
    guard let text = value.stringValue else { throw Self.mismatch(name, "a string") }
    return text
  }

  func requiredString(_ name: String) throws(GatewayError) -> String {
    guard let text = try string(name), !text.isEmpty else {
      throw GatewayError(.toolInvalidArguments, "The argument '\(name)' is required.")
    }
    return text
  }

  func bool(_ name: String, default value: Bool) throws(GatewayError) -> Bool {
    guard let member = member(name) else { return value }
    guard let bool = member.boolValue else { throw Self.mismatch(name, "true or false") }
    return bool
  }

  func int(_ name: String, in range: ClosedRange<Int>) throws(GatewayError) -> Int? {
    guard let value = member(name) else { return nil }
    guard let number = value.intValue, range.contains(number) else {
      throw Self.mismatch(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func array(_ name: String) throws(GatewayError) -> [RawJSON] {
    guard let value = member(name) else { return [] }
    guard value.kind == .array else { throw Self.mismatch(name, "an array") }
    return Array(value.elements)
  }

  private func member(_ name: String) -> RawJSON? {
    guard let value = raw[name], !value.isNull else { return nil }
    return value
  }

  private static func mismatch(_ name: String, _ expected: String) -> GatewayError {
    GatewayError(.toolInvalidArguments, "The argument '\(name)' must be \(expected).")
  }
}

extension JSONObject {
  /// With the members of another, which count where both have one.
  func adding(_ more: JSONObject) -> JSONObject { more.reduce(into: self) { $0[$1.key] = $1.value } }
}
