internal import Glibc

/// The inside of objects and arrays, found by walking: nothing is indexed or copied.
extension RawJSON {
  /// The members of an object in order; none for other kinds.
  package var members: Members { Members(object: self) }

  /// The elements of an array in order; none for other kinds.
  package var elements: Elements { Elements(array: self) }

  /// Members of an object, elements of an array, 0 for other kinds.
  package var itemCount: Int {
    guard firstByte == .openBrace || firstByte == .openBracket else { return 0 }
    return withCursorInside { cursor in
      var count = 0
      while cursor.advanceToItem() {
        if firstByte == .openBrace, cursor.takeName() == nil { break }
        if cursor.takeValue().isEmpty { break }
        count += 1
      }
      return count
    } ?? 0
  }

  /// The member of an object whose name means exactly these code points, however it is escaped; nil if there is none or this is no object.
  package subscript(name: String) -> RawJSON? {
    guard firstByte == .openBrace else { return nil }
    var name = name
    let found = name.withUTF8 { wanted in withCursorInside { cursor in Self.rangeOfMember(wanted, &cursor) } ?? nil }
    return found.map { RawJSON(source: source, range: $0) }
  }

  /// The element of an array; nil if there is none or this is no array.
  package subscript(index: Int) -> RawJSON? {
    guard index >= 0 else { return nil }
    var iterator = elements.makeIterator()
    for _ in 0..<index where iterator.next() == nil { return nil }
    return iterator.next()
  }

  /// With a cursor after the opening bracket.
  @inline(__always)
  private func withCursorInside<Result>(_ body: (inout Cursor) -> Result) -> Result? {
    source.withCursor(from: range.lowerBound + 1, to: range.upperBound, body)
  }

  private static func rangeOfMember(_ wanted: UnsafeBufferPointer<UInt8>, _ cursor: inout Cursor) -> Range<Int>? {
    while cursor.advanceToItem() {
      guard let name = cursor.takeName() else { return nil }
      let value = cursor.takeValue()
      guard !value.isEmpty else { return nil }
      let body = name.range.dropFirst().dropLast()
      if name.isEscaped {
        let written = UnsafeBufferPointer(start: cursor.bytes + body.lowerBound, count: body.count)
        if Unescaping.exactBytes(of: written).elementsEqual(wanted) { return value }
      } else if body.count == wanted.count, areEqual(cursor.bytes + body.lowerBound, wanted) {
        return value
      }
    }
    return nil
  }

  @inline(__always)
  private static func areEqual(_ one: UnsafePointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
    other.baseAddress.map { memcmp(one, $0, other.count) == 0 } ?? true
  }
}

/// The members of an object, in order. Names are strings as they are written.
package struct Members: Sequence, Sendable {
  private let object: RawJSON

  init(object: RawJSON) { self.object = object }

  package func makeIterator() -> Iterator { Iterator(object: object) }

  package struct Iterator: IteratorProtocol, Sendable {
    private let object: RawJSON
    private var position: Int

    init(object: RawJSON) {
      self.object = object
      position = object.firstByte == .openBrace ? object.range.lowerBound + 1 : object.range.upperBound
    }

    package mutating func next() -> (key: RawJSON, value: RawJSON)? {
      let found = object.source.withCursor(from: position, to: object.range.upperBound) { cursor -> (key: Range<Int>, value: Range<Int>)? in
        defer { position = cursor.position }
        guard cursor.advanceToItem(), let name = cursor.takeName() else { return nil }
        let value = cursor.takeValue()
        return value.isEmpty ? nil : (name.range, value)
      }
      guard let found = found ?? nil else { return nil }
      return (RawJSON(source: object.source, range: found.key), RawJSON(source: object.source, range: found.value))
    }
  }
}

/// The elements of an array, in order.
package struct Elements: Sequence, Sendable {
  private let array: RawJSON

  init(array: RawJSON) { self.array = array }

  package func makeIterator() -> Iterator { Iterator(array: array) }

  package struct Iterator: IteratorProtocol, Sendable {
    private let array: RawJSON
    private var position: Int

    init(array: RawJSON) {
      self.array = array
      position = array.firstByte == .openBracket ? array.range.lowerBound + 1 : array.range.upperBound
    }

    package mutating func next() -> RawJSON? {
      let found = array.source.withCursor(from: position, to: array.range.upperBound) { cursor -> Range<Int>? in
        defer { position = cursor.position }
        guard cursor.advanceToItem() else { return nil }
        let value = cursor.takeValue()
        return value.isEmpty ? nil : value
      }
      return (found ?? nil).map { RawJSON(source: array.source, range: $0) }
    }
  }
}
