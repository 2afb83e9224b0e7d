internal import JSON
internal import MCP

/// Where the result of a method says that a string is base64 of an image, of audio or of a blob: not text, and sent only to guardrails that read binary
/// content. A member of that name anywhere else is text, and so is one that is not base64.
struct BinaryContent {
  private let method: String

  /// - Parameter method: whose result is judged.
  init(of method: String) { self.method = method }

  /// Offsets of those strings in the result's buffer.
  func offsets(in result: RawJSON) -> Set<Int> {
    var offsets: Set<Int> = []
    for candidate in candidates(in: result) {
      guard candidate.kind == .string, Self.isBase64(candidate.bytes.dropFirst().dropLast()) else { continue }
      offsets.insert(candidate.offset)
    }
    return offsets
  }

  private func candidates(in result: RawJSON) -> [RawJSON] {
    ResultContent.blocks(in: result, of: method).compactMap(Self.data(of:))
      + ResultContent.resources(in: result, of: method).compactMap { $0["blob"] }
  }

  /// Of one content block (MCP, ContentBlock).
  private static func data(of block: RawJSON) -> RawJSON? {
    switch block["type"]?.stringValue {
    case "image", "audio": block["data"]
    case "resource": block["resource"]?["blob"]
    default: nil
    }
  }

  /// RFC 4648 section 4: whole groups of four digits, the last one padded.
  private static func isBase64(_ text: ArraySlice<UInt8>) -> Bool {
    let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
    return text.count % 4 == 0 && text.dropLast(padding).allSatisfy(isBase64Digit)
  }

  private static func isBase64Digit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "+"), UInt8(ascii: "/"): true
    default: false
    }
  }
}
