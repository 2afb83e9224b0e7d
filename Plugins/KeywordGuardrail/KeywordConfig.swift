internal import JSON
internal import PluginSDK

/// The provider's configuration, read and checked.
struct KeywordConfig {
  static let maxKeywords = 50_000
  static let maxKeywordCharacters = 512
  static let maxLists = 32
  static let maxPatterns = 256
  static let maxReplacementBytes = 256

  static let schema = """
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "type": "object",
      "additionalProperties": false,
      "anyOf": [{"required": ["blocked_keywords"]}, {"required": ["lists"]}],
      "examples": [{"blocked_keywords": ["a word"]}, {"lists": [{"name": "names", "keywords": ["a name"], "action": "redact"}]}],
      "properties": {
        "blocked_keywords": {"$ref": "#/$defs/keywords"},
        "case_sensitive": {"type": "boolean", "default": false},
        "whole_word": {"type": "boolean", "default": false},
        "lists": {
          "type": "array",
          "minItems": 1,
          "maxItems": \(maxLists),
          "items": {
            "type": "object",
            "additionalProperties": false,
            "anyOf": [{"required": ["keywords"]}, {"required": ["patterns"]}, {"required": ["file"]}],
            "properties": {
              "name": {"type": "string", "minLength": 1, "maxLength": 64},
              "action": {"enum": ["block", "redact", "flag"], "default": "block"},
              "keywords": {"$ref": "#/$defs/keywords"},
              "patterns": {
                "type": "array", "minItems": 1, "maxItems": \(maxPatterns),
                "items": {"type": "string", "minLength": 1, "maxLength": \(Expressions.maxBytes)}
              },
              "file": {"type": "string", "pattern": "^/"},
              "case_sensitive": {"type": "boolean"},
              "whole_word": {"type": "boolean"},
              "replacement": {"type": "string", "maxLength": \(maxReplacementBytes), "default": "\(KeywordList.defaultReplacement)"}
            }
          }
        }
      },
      "$defs": {
        "keywords": {
          "type": "array",
          "minItems": 1,
          "maxItems": \(maxKeywords),
          "items": {"type": "string", "minLength": 1, "maxLength": \(maxKeywordCharacters)}
        }
      }
    }
    """

  private(set) var lists: [KeywordList] = []

  init(_ json: [UInt8]) throws {
    let document = try RawJSON(validating: json)
    guard document.kind == .object else { throw PluginError.invalid("the configuration is not a JSON object") }
    try Self.checkMembers(of: document, known: ["blocked_keywords", "case_sensitive", "whole_word", "lists"], "")
    var first = KeywordList(name: "blocked_keywords")
    first.isCaseSensitive = try Self.flag(document, "case_sensitive", "") ?? false
    first.isWholeWord = try Self.flag(document, "whole_word", "") ?? false
    if let member = document["blocked_keywords"] {
      first.keywords = try Self.keywords(member, "blocked_keywords")
      lists.append(first)
    }
    lists += try Self.lists(document["lists"], defaults: first)
    guard !lists.isEmpty else { throw PluginError.invalid("blocked_keywords or lists is needed: there is nothing to look for") }
    guard Set(lists.map(\.name)).count == lists.count else { throw PluginError.invalid("lists: two of them have the same name") }
    try Self.checkCounts(lists)
  }

  private static func checkCounts(_ lists: [KeywordList]) throws {
    guard lists.reduce(0, { $0 + $1.keywords.count }) <= maxKeywords else {
      throw PluginError.invalid("more than \(maxKeywords) keywords altogether")
    }
    guard lists.reduce(0, { $0 + $1.patterns.count }) <= maxPatterns else {
      throw PluginError.invalid("more than \(maxPatterns) patterns altogether")
    }
  }

  private static func lists(_ member: RawJSON?, defaults: KeywordList) throws -> [KeywordList] {
    guard let member else { return [] }
    guard member.kind == .array, (1...maxLists).contains(member.itemCount) else {
      throw PluginError.invalid("lists: an array of 1 to \(maxLists) lists is expected")
    }
    return try member.elements.enumerated().map { index, element in try list(element, "lists[\(index)]", defaults: defaults) }
  }

  private static func list(_ raw: RawJSON, _ place: String, defaults: KeywordList) throws -> KeywordList {
    guard raw.kind == .object else { throw PluginError.invalid("\(place): an object is expected") }
    try checkMembers(
      of: raw, known: ["name", "action", "keywords", "patterns", "file", "case_sensitive", "whole_word", "replacement"], "\(place).")
    var list = KeywordList(name: try string(raw["name"], "\(place).name", 1...64) ?? place)
    if let word = raw["action"] {
      guard let action = word.stringValue.flatMap(ListAction.init) else {
        throw PluginError.invalid("\(place).action: block, redact or flag is expected")
      }
      list.action = action
    }
    if let member = raw["keywords"] { list.keywords = try keywords(member, "\(place).keywords") }
    if let member = raw["patterns"] { list.patterns = try patterns(member, "\(place).patterns") }
    list.file = try file(raw["file"], "\(place).file")
    guard !(list.keywords.isEmpty && list.patterns.isEmpty && list.file == nil) else {
      throw PluginError.invalid("\(place): one of keywords, patterns and file is needed")
    }
    list.isCaseSensitive = try flag(raw, "case_sensitive", "\(place).") ?? defaults.isCaseSensitive
    list.isWholeWord = try flag(raw, "whole_word", "\(place).") ?? defaults.isWholeWord
    list.replacement = try string(raw["replacement"], "\(place).replacement", 0...maxReplacementBytes) ?? KeywordList.defaultReplacement
    return list
  }

  // MARK: Members

  private static func checkMembers(of raw: RawJSON, known: [String], _ place: String) throws {
    for (key, _) in raw.members {
      let name = key.stringValue ?? ""
      guard known.contains(name) else {
        throw PluginError.invalid("\(place)\(name.prefix(64)): there is no such option; known are \(known.joined(separator: ", "))")
      }
    }
  }

  private static func keywords(_ member: RawJSON, _ place: String) throws -> [KeywordList.Keyword] {
    guard member.kind == .array, (1...maxKeywords).contains(member.itemCount) else {
      throw PluginError.invalid("\(place): an array of 1 to \(maxKeywords) strings is expected")
    }
    return try member.elements.enumerated().map { index, element in
      guard let keyword = element.stringValue else { throw PluginError.invalid("\(place)[\(index)]: a string is expected") }
      guard (1...maxKeywordCharacters).contains(keyword.unicodeScalars.count) else {
        throw PluginError.invalid("\(place)[\(index)]: 1 to \(maxKeywordCharacters) characters are expected")
      }
      return KeywordList.Keyword(text: keyword, place: "\(place)[\(index)]")
    }
  }

  private static func patterns(_ member: RawJSON, _ place: String) throws -> [Expressions.Source] {
    guard member.kind == .array, (1...maxPatterns).contains(member.itemCount) else {
      throw PluginError.invalid("\(place): an array of 1 to \(maxPatterns) regular expressions is expected")
    }
    return try member.elements.enumerated().map { index, element in
      guard let text = element.stringValue else { throw PluginError.invalid("\(place)[\(index)]: a string is expected") }
      return Expressions.Source(text: text, place: "\(place)[\(index)]")
    }
  }

  private static func file(_ member: RawJSON?, _ place: String) throws -> String? {
    guard let member else { return nil }
    guard let path = member.stringValue, path.hasPrefix("/"), !path.utf8.contains(0) else {
      throw PluginError.invalid("\(place): an absolute path is expected")
    }
    return path
  }

  private static func string(_ member: RawJSON?, _ place: String, _ bytes: ClosedRange<Int>) throws -> String? {
    guard let member else { return nil }
    guard let text = member.stringValue, bytes.contains(text.utf8.count) else {
      throw PluginError.invalid("\(place): a string of \(bytes.lowerBound) to \(bytes.upperBound) bytes is expected")
    }
    return text
  }

  private static func flag(_ raw: RawJSON, _ name: String, _ place: String) throws -> Bool? {
    guard let member = raw[name] else { return nil }
    guard let value = member.boolValue else { throw PluginError.invalid("\(place)\(name): true or false is expected") }
    return value
  }
}
