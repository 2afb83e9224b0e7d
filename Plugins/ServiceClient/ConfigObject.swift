package import JSON
package import PluginSDK

/// An object of a provider's configuration, read member by member. `null` counts as absent.
///
/// Every error is `PluginError.invalid` and names the member by its path, never its value.
package struct ConfigObject {
  private let raw: RawJSON
  /// Of the object itself, with the dot that follows it; empty for the whole configuration.
  private let path: String

  /// The whole configuration.
  package init(_ config: PluginConfig) throws {
    do {
      raw = try RawJSON(validating: config.json)
    } catch {
      throw PluginError.invalid("the configuration is not JSON: \(error)")
    }
    guard raw.kind == .object else { throw PluginError.invalid("the configuration is not a JSON object") }
    path = ""
  }

  private init(_ raw: RawJSON, path: String) {
    self.raw = raw
    self.path = path
  }

  /// Refuses members that are none of these.
  package func allow(only names: String...) throws {
    for (key, _) in raw.members {
      let name = key.stringValue ?? ""
      guard names.contains(name) else {
        throw PluginError.invalid("\(path)\(name.prefix(64)): there is no such member; known are \(names.joined(separator: ", "))")
      }
    }
  }

  package var names: [String] { raw.members.compactMap { $0.key.stringValue } }

  private func member(_ name: String) -> RawJSON? { raw[name].flatMap { $0.isNull ? nil : $0 } }

  private func wrong(_ name: String, _ expected: String) -> PluginError { .invalid("\(path)\(name): \(expected) is expected") }

  package func string(_ name: String, maxBytes: Int = 4096) throws -> String? {
    guard let member = member(name) else { return nil }
    guard let text = member.stringValue, !text.isEmpty, text.utf8.count <= maxBytes else {
      throw wrong(name, "a string of 1 to \(maxBytes) bytes")
    }
    return text
  }

  package func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String, or standard: Choice) throws -> Choice {
    guard let text = try string(name) else { return standard }
    guard let choice = Choice(rawValue: text) else {
      throw wrong(name, "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
  }

  package func flag(_ name: String) throws -> Bool? {
    guard let member = member(name) else { return nil }
    guard let value = member.boolValue else { throw wrong(name, "true or false") }
    return value
  }

  package func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let member = member(name) else { return nil }
    guard let value = member.intValue, range.contains(value) else {
      throw wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  package func number(_ name: String, in range: ClosedRange<Double>) throws -> Double? {
    guard let member = member(name) else { return nil }
    guard let value = member.doubleValue, range.contains(value) else {
      throw wrong(name, "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  package func strings(_ name: String, maxCount: Int, maxBytes: Int = 256) throws -> [String]? {
    guard let member = member(name) else { return nil }
    guard member.kind == .array, member.itemCount <= maxCount else { throw wrong(name, "a list of at most \(maxCount) strings") }
    return try member.elements.enumerated().map { index, element in
      guard let text = element.stringValue, !text.isEmpty, text.utf8.count <= maxBytes else {
        throw wrong("\(name)[\(index)]", "a string of 1 to \(maxBytes) bytes")
      }
      return text
    }
  }

  package func object(_ name: String) throws -> ConfigObject? {
    guard let member = member(name) else { return nil }
    guard member.kind == .object else { throw wrong(name, "an object") }
    return ConfigObject(member, path: "\(path)\(name).")
  }

  /// A member whose inside is not the reader's matter.
  package func anything(_ name: String) -> JSONValue? { member(name)?.value }
}
