internal import Glibc

/// The inside of objects and arrays, found by walking: nothing is indexed or copied.
extension RawJSON {
  /// The members of an object in order; none for other kinds.
  package var members: Members { Members(object: self) }

  /// The elements of an array in order; none for other kinds.
  package var elements: Elements { Elements(array: self) }

  /// Members of an object, elements of an array, 0 for other kinds.
  package var count: Int {
    guard firstByte == .openBrace || firstByte == .openBracket else { return 0 }
    return buffer.withUnsafeBufferPointer { text in
      guard var cursor = Cursor(inside: range, of: text) else { return 0 }
      var count = 0
      while cursor.advanceToItem() {
        if firstByte == .openBrace, cursor.takeName() == nil { break }
        if cursor.takeValue().isEmpty { break }
        count += 1
      }
      return count
    }
  }

  /// The member of an object whose name means exactly these code points, however it is escaped; nil if there is none or this is no object.
  package subscript(name: String) -> RawJSON? {
    guard firstByte == .openBrace else { return nil }
    var name = name
    let found = name.withUTF8 { wanted in buffer.withUnsafeBufferPointer { text in rangeOfMember(wanted, in: text) } }
    return found.map { RawJSON(buffer: buffer, range: $0) }
  }

  /// The element of an array; nil if there is none or this is no array.
  package subscript(index: Int) -> RawJSON? {
    guard index >= 0 else { return nil }
    var iterator = elements.makeIterator()
    for _ in 0..<index where iterator.next() == nil { return nil }
    return iterator.next()
  }

  private func rangeOfMember(_ wanted: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    guard var cursor = Cursor(inside: range, of: text) else { return nil }
    while cursor.advanceToItem() {
      guard let name = cursor.takeName() else { return nil }
      let value = cursor.takeValue()
      guard !value.isEmpty else { return nil }
      let body = name.range.dropFirst().dropLast()
      if name.isEscaped {
        if Unescaping.exactBytes(of: UnsafeBufferPointer(rebasing: text[body])).elementsEqual(wanted) { return value }
      } else if body.count == wanted.count, Self.areEqual(cursor.bytes + body.lowerBound, wanted) {
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
      let found = object.buffer.withUnsafeBufferPointer { text -> (key: Range<Int>, value: Range<Int>)? in
        guard var cursor = Cursor(from: position, to: object.range.upperBound, of: text) else { return nil }
        defer { position = cursor.position }
        guard cursor.advanceToItem(), let name = cursor.takeName() else { return nil }
        let value = cursor.takeValue()
        return value.isEmpty ? nil : (name.range, value)
      }
      return found.map { (RawJSON(buffer: object.buffer, range: $0.key), RawJSON(buffer: object.buffer, range: $0.value)) }
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
      let found = array.buffer.withUnsafeBufferPointer { text -> Range<Int>? in
        guard var cursor = Cursor(from: position, to: array.range.upperBound, of: text) else { return nil }
        defer { position = cursor.position }
        guard cursor.advanceToItem() else { return nil }
        let value = cursor.takeValue()
        return value.isEmpty ? nil : value
      }
      return found.map { RawJSON(buffer: array.buffer, range: $0) }
    }
  }
}
