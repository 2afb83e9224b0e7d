package import JSON

/// A view of one element of `content`: text, image, audio, resource or resource_link. Fields are found when asked for.
package struct ContentBlock: Sendable {
  package let raw: RawJSON
  package let type: String

  /// Nil unless `raw` is an object with a string `type`.
  package init?(_ raw: RawJSON) {
    guard raw.kind == .object, let type = raw["type"]?.stringValue else { return nil }
    self.raw = raw
    self.type = type
  }

  /// The JSON string of a text block.
  package var rawText: RawJSON? {
    guard type == "text", let text = raw["text"], text.kind == .string else { return nil }
    return text
  }

  /// The text of a text block.
  package var text: String? { rawText?.stringValue }
  package var mimeType: String? { raw["mimeType"]?.stringValue }
}
