internal import JSON
internal import PluginSDK

/// The provider's configuration, read and checked.
struct KeywordConfig {
  static let maxKeywords = 50_000
  static let maxKeywordCharacters = 512

  static let schema = """
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "type": "object",
      "additionalProperties": false,
      "required": ["blocked_keywords"],
      "properties": {
        "blocked_keywords": {
          "type": "array",
          "minItems": 1,
          "maxItems": \(maxKeywords),
          "items": {"type": "string", "minLength": 1, "maxLength": \(maxKeywordCharacters)}
        },
        "case_sensitive": {"type": "boolean", "default": false},
        "whole_word": {"type": "boolean", "default": false}
      }
    }
    """

  let keywords: [String]
  let isCaseSensitive: Bool
  let isWholeWord: Bool

  init(_ json: [UInt8]) throws {
    let document = try RawJSON(validating: json)
    guard document.kind == .object else { throw PluginError.invalid("the configuration is not a JSON object") }
    keywords = try Self.keywords(document["blocked_keywords"])
    isCaseSensitive = try Self.flag(document, "case_sensitive")
    isWholeWord = try Self.flag(document, "whole_word")
  }

  private static func keywords(_ member: RawJSON?) throws -> [String] {
    guard let member, member.kind == .array else { throw PluginError.invalid("blocked_keywords: an array of strings is expected") }
    let keywords = try member.elements.enumerated().map { index, element in
      guard let keyword = element.stringValue else { throw PluginError.invalid("blocked_keywords[\(index)]: a string is expected") }
      guard (1...maxKeywordCharacters).contains(keyword.unicodeScalars.count) else {
        throw PluginError.invalid("blocked_keywords[\(index)]: 1 to \(maxKeywordCharacters) characters are expected")
      }
      return keyword
    }
    guard (1...maxKeywords).contains(keywords.count) else {
      throw PluginError.invalid("blocked_keywords: 1 to \(maxKeywords) keywords are expected")
    }
    return keywords
  }

  private static func flag(_ document: RawJSON, _ name: String) throws -> Bool {
    guard let member = document[name] else { return false }
    guard let value = member.boolValue else { throw PluginError.invalid("\(name): true or false is expected") }
    return value
  }
}
