extension RawJSON {
  /// The value as a tree. Of names that differ only in lone surrogates, which no `String` can tell apart, the first is kept.
  package var value: JSONValue { tree.value }

  /// The value as a tree; nil when a tree cannot hold all of it, see `value`.
  var exactTree: JSONValue? {
    let (value, isExact) = tree
    return isExact ? value : nil
  }

  private var tree: (value: JSONValue, isExact: Bool) {
    source.withCursor(from: range.lowerBound, to: range.upperBound) { cursor in
      var reader = TreeReader(cursor: cursor)
      let value = reader.readValue()
      return (value, reader.isExact)
    } ?? (.null, true)
  }
}

/// Builds a tree in one pass over checked text. Recursion is as deep as the text, which the scanner bounded.
private struct TreeReader {
  var cursor: Cursor
  /// False once a member was left out.
  var isExact = true

  mutating func readValue() -> JSONValue {
    switch cursor.next {
    case .openBrace: return .object(readObject())
    case .openBracket: return .array(readArray())
    case .quote: return .string(string(cursor.takeValue()))
    case 0x74, 0x66: return .bool(cursor.takeValue().count == 4)
    case 0x6E:
      _ = cursor.takeValue()
      return .null
    default: return .number(JSONNumber(checked: String(decoding: text(cursor.takeValue()), as: UTF8.self)))
    }
  }

  private mutating func readObject() -> JSONObject {
    var object = JSONObject()
    cursor.position += 1
    while cursor.advanceToItem(), let name = cursor.takeName() {
      let key = string(name.range)
      let value = readValue()
      if !object.insert(value, named: key) { isExact = false }
    }
    cursor.position = min(cursor.position + 1, cursor.end)
    return object
  }

  private mutating func readArray() -> [JSONValue] {
    var elements: [JSONValue] = []
    cursor.position += 1
    while cursor.advanceToItem() { elements.append(readValue()) }
    cursor.position = min(cursor.position + 1, cursor.end)
    return elements
  }

  private func text(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: cursor.bytes + range.lowerBound, count: range.count)
  }

  private func string(_ range: Range<Int>) -> String {
    Unescaping.string(of: UnsafeBufferPointer(rebasing: text(range).dropFirst().dropLast()))
  }
}
