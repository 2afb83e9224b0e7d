internal import JSON
internal import PluginSDK

/// The provider's configuration, read and checked.
struct PatternConfig {
  static let maxAllowed = 1000
  static let maxAllowedBytes = 256
  static let maxFindings = 256

  static let schema = """
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "preset": {"enum": [\(names(Preset.allCases))], "default": "default"},
        "min_confidence": {"type": "number", "minimum": 0, "maximum": 1, "default": \(Settings.defaultMinConfidence)},
        "detectors": {
          "type": "object",
          "propertyNames": {"enum": [\(names(DetectorGroup.allCases)), \(quoted(Detector.allCases.map(\.name)))]},
          "additionalProperties": {
            "anyOf": [
              {"enum": [\(names(Action.allCases))]},
              {
                "type": "object",
                "additionalProperties": false,
                "required": ["action"],
                "properties": {
                  "action": {"enum": [\(names(Action.allCases))]},
                  "min_confidence": {"type": "number", "minimum": 0, "maximum": 1}
                }
              }
            ]
          }
        },
        "allow": {"type": "array", "maxItems": \(maxAllowed), "items": {"type": "string", "minLength": 1, "maxLength": \(maxAllowedBytes)}},
        "max_findings": {"type": "integer", "minimum": 1, "maximum": \(maxFindings), "default": \(Settings.defaultMaxFindings)}
      }
    }
    """

  private static func names(_ all: [some RawRepresentable<String>]) -> String { quoted(all.map(\.rawValue)) }
  private static func quoted(_ all: [String]) -> String { all.map { "\"\($0)\"" }.joined(separator: ", ") }

  private(set) var settings: Settings

  init(_ json: [UInt8]) throws {
    let document = try RawJSON(validating: json)
    guard document.kind == .object else { throw PluginError.invalid("the configuration is not a JSON object") }
    for member in document.members { try Self.check(member.key.stringValue ?? "") }
    settings = Settings(
      preset: try Self.preset(document["preset"]), minConfidence: try Self.confidence(document["min_confidence"], "min_confidence"))
    if let detectors = document["detectors"] { try read(detectors) }
    settings.allowed = try Self.allowed(document["allow"])
    settings.maxFindings = try Self.count(document["max_findings"])
  }

  private static func check(_ member: String) throws {
    let known = ["preset", "min_confidence", "detectors", "allow", "max_findings"]
    guard known.contains(member) else {
      throw PluginError.invalid("\(member): there is no such option; known are \(known.joined(separator: ", "))")
    }
  }

  private static func preset(_ member: RawJSON?) throws -> Preset {
    guard let member else { return .default }
    guard let preset = member.stringValue.flatMap(Preset.init(rawValue:)) else {
      throw PluginError.invalid("preset: one of \(names(Preset.allCases)) is expected")
    }
    return preset
  }

  private static func confidence(_ member: RawJSON?, _ name: String, otherwise: Double = Settings.defaultMinConfidence) throws -> Double {
    guard let member else { return otherwise }
    guard let value = member.doubleValue, (0...1).contains(value) else {
      throw PluginError.invalid("\(name): a number from 0 to 1 is expected")
    }
    return value
  }

  /// Groups first, so that a detector's own entry counts, wherever it stands.
  private mutating func read(_ detectors: RawJSON) throws {
    guard detectors.kind == .object else { throw PluginError.invalid("detectors: an object is expected") }
    let entries = try detectors.members.map { member in
      let name = member.key.stringValue ?? ""
      let found = Detector(name: name).map { [$0] } ?? DetectorGroup(rawValue: name)?.detectors ?? []
      guard !found.isEmpty else {
        throw PluginError.invalid(
          "detectors.\(name): there is no such detector; known are \(Self.names(DetectorGroup.allCases)), \(Self.quoted(Detector.allCases.map(\.name)))"
        )
      }
      return (name: name, detectors: found, value: member.value)
    }
    for entry in entries.filter({ $0.detectors.count > 1 }) + entries.filter({ $0.detectors.count == 1 }) {
      for detector in entry.detectors {
        let rule = settings.rules[detector.index]
        settings.rules[detector.index] = try Self.rule(entry.value, "detectors.\(entry.name)", rule)
      }
    }
  }

  private static func rule(_ value: RawJSON, _ name: String, _ current: Settings.Rule) throws -> Settings.Rule {
    let word = value.kind == .object ? value["action"] : value
    guard let action = word?.stringValue.flatMap(Action.init(rawValue:)) else {
      throw PluginError.invalid("\(name): one of \(names(Action.allCases)), or an object with it as \"action\", is expected")
    }
    for member in value.members where !["action", "min_confidence"].contains(member.key.stringValue ?? "") {
      throw PluginError.invalid("\(name).\(member.key.stringValue ?? ""): there is no such option; known are action, min_confidence")
    }
    let confidence = try confidence(value["min_confidence"], "\(name).min_confidence", otherwise: current.minConfidence)
    return Settings.Rule(action: action, minConfidence: confidence, isExplicit: true)
  }

  private static func allowed(_ member: RawJSON?) throws -> Set<[UInt8]> {
    guard let member else { return [] }
    guard member.kind == .array, member.elements.reduce(0, { count, _ in count + 1 }) <= maxAllowed else {
      throw PluginError.invalid("allow: an array of at most \(maxAllowed) strings is expected")
    }
    return Set(
      try member.elements.enumerated().map { index, element in
        guard let value = element.decodedUTF8, (1...maxAllowedBytes).contains(value.count) else {
          throw PluginError.invalid("allow[\(index)]: a string of 1 to \(maxAllowedBytes) bytes is expected")
        }
        return value.withUnsafeBufferPointer { PlainText.with($0) { $0.bytes.buffer.map(\.lowercased) } }
      })
  }

  private static func count(_ member: RawJSON?) throws -> Int {
    guard let member else { return Settings.defaultMaxFindings }
    guard let value = member.intValue, (1...maxFindings).contains(value) else {
      throw PluginError.invalid("max_findings: an integer from 1 to \(maxFindings) is expected")
    }
    return value
  }
}
