/// One piece of text in a JSON value: what a guardrail reads, and where it stands.
package struct JSONText: Sendable {
  package enum Kind: Sendable, Hashable, CaseIterable {
    case memberName, string, number
  }

  package let kind: Kind
  /// The source of the text; the target of an edit.
  package let raw: RawJSON
  private let place: [UInt8]

  init(kind: Kind, raw: RawJSON, place: [UInt8]) {
    self.kind = kind
    self.raw = raw
    self.place = place
  }

  /// The RFC 6901 pointer of the value; for a member name, of the member that it names. Beyond `longestPointerBytes` it is cut off and ends in "…", so that one
  /// long name above many values does not multiply.
  package var pointer: String { String(decoding: place, as: UTF8.self) }

  package static let longestPointerBytes = 1024

  /// Decoded; for a number its source text.
  package var text: String {
    raw.stringValue ?? raw.withText { String(decoding: $0, as: UTF8.self) }
  }
}

extension RawJSON {
  /// Visits every string, member name and number in document order, in one pass.
  ///
  /// - Parameter base: what pointers start with: the place of this value in something larger.
  package func forEachText<Failure: Error>(base: String = "", _ body: (JSONText) throws(Failure) -> Void) throws(Failure) {
    _ = try source.withCursor(from: range.lowerBound, to: range.upperBound) { cursor throws(Failure) in
      var walk = TextWalk(source: source, cursor: cursor, place: Array(base.utf8))
      try walk.visitValue(body)
    }
  }
}

/// Recursion is as deep as the text, which the scanner bounded.
private struct TextWalk {
  let source: JSONSource
  var cursor: Cursor
  /// The pointer of the value at the cursor.
  var place: [UInt8]

  mutating func visitValue<Failure: Error>(_ body: (JSONText) throws(Failure) -> Void) throws(Failure) {
    switch cursor.next {
    case .openBrace: try visitMembers(body)
    case .openBracket: try visitElements(body)
    case .quote: try body(text(.string, cursor.takeValue()))
    case .minus, .zero ... .nine: try body(text(.number, cursor.takeValue()))
    default: _ = cursor.takeValue()
    }
  }

  private mutating func visitMembers<Failure: Error>(_ body: (JSONText) throws(Failure) -> Void) throws(Failure) {
    let length = place.count
    cursor.position += 1
    while cursor.advanceToItem(), let name = cursor.takeName() {
      let written = UnsafeBufferPointer(start: cursor.bytes + name.range.lowerBound + 1, count: max(0, name.range.count - 2))
      if name.isEscaped { descend(Unescaping.utf8(of: written)) } else { descend(written) }
      try body(text(.memberName, name.range))
      try visitValue(body)
      place.removeSubrange(length...)
    }
    cursor.position = min(cursor.position + 1, cursor.end)
  }

  private mutating func visitElements<Failure: Error>(_ body: (JSONText) throws(Failure) -> Void) throws(Failure) {
    let length = place.count
    var index = 0
    cursor.position += 1
    while cursor.advanceToItem() {
      descend(String(index).utf8)
      try visitValue(body)
      place.removeSubrange(length...)
      index += 1
    }
    cursor.position = min(cursor.position + 1, cursor.end)
  }

  private mutating func descend(_ token: some Collection<UInt8>) {
    let left = JSONText.longestPointerBytes - place.count
    guard left > 0 else { return }
    JSONPointer.append(token.prefix(left), to: &place)
    guard place.count > JSONText.longestPointerBytes else { return }
    place.removeSubrange(JSONText.longestPointerBytes...)
    while let last = place.last, last & 0xC0 == 0x80 { place.removeLast() }
    if let last = place.last, last >= 0xC0 { place.removeLast() }
    place.append(contentsOf: "…".utf8)
  }

  private func text(_ kind: JSONText.Kind, _ range: Range<Int>) -> JSONText {
    JSONText(kind: kind, raw: RawJSON(source: source, range: range), place: place)
  }
}
