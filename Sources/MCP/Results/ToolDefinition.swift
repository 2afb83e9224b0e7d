package import JSON

/// A view of one element of `tools` in a `tools/list` result. The whole object stays as it came in `raw`; other fields are found when
/// asked for. All of it is the server's word: untrusted text.
package struct ToolDefinition: Sendable {
  package let raw: RawJSON
  package let name: String

  /// Nil unless `raw` is an object with a non-empty string `name`.
  package init?(_ raw: RawJSON) {
    guard raw.kind == .object, let name = raw["name"]?.stringValue, !name.isEmpty else { return nil }
    self.raw = raw
    self.name = name
  }

  package var title: String? { raw["title"]?.stringValue }
  package var description: String? { raw["description"]?.stringValue }
  /// JSON Schema of the arguments.
  package var inputSchema: RawJSON? { raw["inputSchema"] }
  /// JSON Schema of `structuredContent`.
  package var outputSchema: RawJSON? { raw["outputSchema"] }
  package var annotations: RawJSON? { raw["annotations"] }
}
