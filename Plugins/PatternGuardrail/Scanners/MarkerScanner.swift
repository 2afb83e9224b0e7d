extension TextScan {
  private static let maxMarkerBytes = 24

  /// What is written around orders to make a model take them for its own.
  private static let markers: [(name: StaticString, code: StaticString, confidence: Double)] = [
    ("important", "important_block", 0.75), ("secret", "important_block", 0.65), ("hidden", "important_block", 0.7),
    ("critical", "important_block", 0.65), ("information", "important_block", 0.5), ("instructions", "important_block", 0.45),
    ("system", "system_block", 0.5), ("admin", "system_block", 0.6), ("sys", "chat_template", 0.8), ("inst", "chat_template", 0.8),
    ("im_start", "chat_template", 0.85), ("im_end", "chat_template", 0.85), ("endoftext", "chat_template", 0.8),
    ("eot_id", "chat_template", 0.8),
    ("start_header_id", "chat_template", 0.85), ("system_prompt", "system_block", 0.65), ("override", "system_block", 0.65),
  ]

  /// A tag such as `<IMPORTANT>`, `[INST]` or `<|im_start|>`.
  func marker(at position: Int, _ findings: inout Findings) {
    guard findings.wants(.toolPoisoning) else { return }
    let opening = bytes[position]
    var start = position + 1
    while start < position + 3, bytes[start] == opening || bytes[start] == UInt8(ascii: "|") || bytes[start] == UInt8(ascii: "/") {
      start += 1
    }
    var end = start
    while end - start < Self.maxMarkerBytes, bytes[end].isLower || bytes[end].isUpper || bytes[end] == UInt8(ascii: "_") { end += 1 }
    let closing: UInt8 = opening == UInt8(ascii: "<") ? UInt8(ascii: ">") : UInt8(ascii: "]")
    guard end - start > 2, bytes[end] == closing || bytes[end] == UInt8(ascii: "|") && bytes[end + 1] == closing else { return }
    guard let marker = Self.markers.first(where: { isName($0.name, start..<end) }) else { return }
    guard opening == UInt8(ascii: "<") || marker.code.description != "important_block" else { return }
    let isShouted = (start..<end).allSatisfy { !bytes[$0].isLower }
    report(
      .toolPoisoning, marker.code, min(0.95, marker.confidence + (isShouted ? 0.15 : 0)), position..<end + (bytes[end] == closing ? 1 : 2),
      &findings)
  }

  private func isName(_ name: StaticString, _ range: Range<Int>) -> Bool {
    range.count == name.utf8CodeUnitCount && range.allSatisfy { bytes[$0].lowercased == name.utf8Start[$0 - range.lowerBound] }
  }
}
