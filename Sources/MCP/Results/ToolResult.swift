package import JSON

/// The result of `tools/call`.
package struct ToolResult: Sendable {
  package enum Content: Sendable {
    case text(String)
    /// Well-formed UTF-8.
    case utf8([UInt8])
    /// A text block around a JSON string that is taken over byte by byte, escapes included.
    case rawText(RawJSON)
    /// A content block as it came from elsewhere.
    case block(RawJSON)
  }

  package var content: [Content]
  /// JSON text of an object; it should say what `content` says.
  package var structuredContent: [UInt8]?
  /// The tool ran, or was refused, and failed: something for the model to read, unlike a JSON-RPC error.
  package var isError: Bool
  /// Members of `_meta`: JSON text by name.
  package var meta: [(name: String, value: [UInt8])]

  package init(content: [Content], structuredContent: [UInt8]? = nil, isError: Bool = false, meta: [(name: String, value: [UInt8])] = []) {
    self.content = content
    self.structuredContent = structuredContent
    self.isError = isError
    self.meta = meta
  }

  package static func text(_ text: String) -> ToolResult { ToolResult(content: [.text(text)]) }
  package static func failure(_ text: String) -> ToolResult { ToolResult(content: [.text(text)], isError: true) }

  /// JSON text of the result object; on one line if blocks and structured content are. With `serverInfo` it is one for 2026-07-28.
  package func encoded(modernFrom serverInfo: Implementation? = nil) -> [UInt8] {
    var writer = JSONWriter(reservingBytes: expectedBytes)
    writer.object { result in
      result.key("content")
      result.array { array in
        for item in content { Self.write(item, to: &array) }
      }
      if let structuredContent {
        result.key("structuredContent")
        result.raw(structuredContent)
      }
      result.key("isError")
      result.bool(isError)
      if let serverInfo {
        ModernResult.write(serverInfo: serverInfo, into: &result, moreMeta: writeMeta)
      } else if !meta.isEmpty {
        result.key("_meta")
        result.object(writeMeta)
      }
    }
    return writer.bytes
  }

  private func writeMeta(into writer: inout JSONWriter) {
    for (name, value) in meta {
      writer.key(name)
      writer.raw(value)
    }
  }

  /// A guess: escapes need a little room.
  private var expectedBytes: Int {
    var sum = (structuredContent?.count ?? 0) + 512
    for item in content {
      switch item {
      case .text(let text): sum += text.utf8.count + text.utf8.count / 8
      case .utf8(let text): sum += text.count + text.count / 8
      case .rawText(let raw), .block(let raw): sum += raw.bytes.count
      }
    }
    return sum
  }

  private static func write(_ item: Content, to writer: inout JSONWriter) {
    switch item {
    case .block(let block): writer.raw(block)
    case .text(let text): writeText(to: &writer) { $0.string(text) }
    case .utf8(let text): writeText(to: &writer) { writer in text.withUnsafeBufferPointer { writer.string(utf8: $0) } }
    case .rawText(let text): writeText(to: &writer) { $0.raw(text) }
    }
  }

  private static func writeText(to writer: inout JSONWriter, _ text: (inout JSONWriter) -> Void) {
    writer.object { object in
      object.key("type")
      object.string("text")
      object.key("text")
      text(&object)
    }
  }
}
