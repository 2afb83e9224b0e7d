internal import JSON
internal import MCP

/// Content that a client's revision does not know yet, as text that says what it stands for: `audio` came with 2025-03-26, `resource_link` with 2025-06-18.
/// Members that any block may have, and unknown ones, stay.
struct OlderContent {
  let revision: Revision

  /// Whether there is anything that the client does not know.
  var isNeeded: Bool { revision < .v2025_06_18 }

  private static let ownMembers: Set<String> = ["type", "text", "data", "mimeType", "uri", "name", "title", "description", "size", "icons"]

  /// - Parameter uriPrefix: what stands before the URIs by which the client may come back.
  /// - Returns: JSON text of a text block; nil when the client knows the block as it is.
  func replacement(for block: RawJSON, uriPrefix: String? = nil) -> [UInt8]? {
    guard isNeeded else { return nil }
    switch block["type"]?.stringValue {
    case "audio" where revision < .v2025_03_26: return Self.text(Self.words(ofAudio: block), inPlaceOf: block)
    case "resource_link": return Self.text(Self.words(ofLink: block, uriPrefix ?? ""), inPlaceOf: block)
    default: return nil
    }
  }

  /// `params` of `sampling/createMessage`, for a client that is asked.
  func sampling(_ params: RawJSON) throws(JSONError) -> RawJSON {
    guard isNeeded, let messages = params["messages"] else { return params }
    var edits: [(target: RawJSON, with: [UInt8])] = []
    for message in messages.elements {
      guard let content = message["content"] else { continue }
      for block in content.kind == .array ? Array(content.elements) : [content] {
        if let text = replacement(for: block) { edits.append((block, text)) }
      }
    }
    return edits.isEmpty ? params : try params.replacing(edits)
  }

  // MARK: Words

  private static func words(ofAudio block: RawJSON) -> String {
    let data = block["data"]?.decodedUTF8 ?? []
    let padding = data.suffix(2).count { $0 == UInt8(ascii: "=") }
    return "[Audio, \(block["mimeType"]?.stringValue ?? "of an unknown type"), \(max(data.count / 4 * 3 - padding, 0)) bytes]"
  }

  private static func words(ofLink block: RawJSON, _ uriPrefix: String) -> String {
    let name = block["title"]?.stringValue ?? block["name"]?.stringValue
    var words = ["Resource" + (name.map { " \"\($0)\"" } ?? "")]
    if let uri = block["uri"]?.stringValue { words.append(uriPrefix + uri) }
    if let type = block["mimeType"]?.stringValue { words.append(type) }
    if let size = block["size"]?.intValue { words.append("\(size) bytes") }
    let description = block["description"]?.stringValue.map { ": \($0)" } ?? ""
    return "[\(words.joined(separator: ", "))\(description)]"
  }

  private static func text(_ words: String, inPlaceOf block: RawJSON) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("type", "text")
      writer.member("text", words)
      for (key, value) in block.members where !ownMembers.contains(key.stringValue ?? "") { writer.member(key, value) }
    }
    return writer.bytes
  }
}

/// Structured content that is no object: revisions before 2026-07-28 know none. It goes, and what it says stays as text.
enum PlainStructuredContent {
  /// The result of a tool, for a client of one of those revisions.
  static func dropped(from result: RawJSON) throws(JSONError) -> RawJSON {
    guard let structured = result["structuredContent"], structured.kind != .object else { return result }
    let content = result["content"].flatMap { $0.kind == .array ? $0 : nil }
    let isSaid = structured.isNull || (content.map { says($0, structured) } ?? false)
    var writer = JSONWriter(reservingBytes: result.bytes.count + structured.bytes.count)
    writer.object { writer in
      writer.key("content")
      writer.array { array in
        if let content { for block in content.elements { array.raw(block) } }
        if !isSaid {
          array.object { block in
            block.member("type", "text")
            block.member("text", String(decoding: structured.bytes, as: UTF8.self))
          }
        }
      }
      for (key, value) in result.members where !["content", "structuredContent"].contains(key.stringValue) {
        writer.member(key, value)
      }
    }
    return try RawJSON(validating: writer.bytes, limits: .widest)
  }

  /// Whether one of the text blocks is the same value, however it is written; or, for a string, the string itself.
  private static func says(_ content: RawJSON, _ structured: RawJSON) -> Bool {
    let value = structured.value
    return content.elements.contains { block in
      guard let text = ContentBlock(block)?.rawText?.decodedUTF8 else { return false }
      if text == structured.decodedUTF8 { return true }
      do throws(JSONError) { return try RawJSON(validating: text, limits: .widest).value == value } catch { return false }
    }
  }
}
