internal import JSON

/// Whether a binding's configuration fits the provider's schema. Problems name places, never values: those may be secrets.
enum ConfigurationCheck {
  /// - Parameter schema: empty when the provider publishes none.
  /// - Returns: nil when it fits.
  static func problems(_ configuration: [UInt8], schema: [UInt8]) -> [String]? {
    let value: RawJSON
    do {
      value = try RawJSON(validating: configuration)
    } catch {
      return ["not valid JSON: \(error)"]
    }
    guard value.kind == .object else { return ["not a JSON object"] }
    guard !schema.isEmpty else { return nil }
    do {
      let problems = try JSONSchema(try RawJSON(validating: schema)).validate(value)
      return problems.isEmpty ? nil : problems.map { "\($0)" }
    } catch {
      return ["the provider's schema cannot be used: \(error)"]
    }
  }
}
