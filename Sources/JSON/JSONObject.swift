/// The members of an object: ordered as they came, each name once. Names are equal when their UTF-8 is; Swift's own string equality, which takes composed and
/// decomposed letters for the same, would merge members that are different to everybody else.
package struct JSONObject: Sendable {
  package private(set) var keys: [String] = []
  package private(set) var values: [JSONValue] = []
  /// Positions by name, kept only by objects too large to search.
  private var positions: [ExactString: Int] = [:]

  private static let largestSearched = 12

  package init() {}

  package var count: Int { keys.count }
  package var isEmpty: Bool { keys.isEmpty }

  /// Nil when absent. Setting replaces in place or appends; setting nil removes.
  package subscript(name: String) -> JSONValue? {
    get { position(of: name).map { values[$0] } }
    set {
      guard let newValue else {
        removeValue(forKey: name)
        return
      }
      if let position = position(of: name) { values[position] = newValue } else { append(newValue, named: name) }
    }
  }

  /// False, and nothing changes, when there is a member of that name.
  mutating func insert(_ value: JSONValue, named name: String) -> Bool {
    guard position(of: name) == nil else { return false }
    append(value, named: name)
    return true
  }

  /// The value that was removed, if there was one. The order of the others stays.
  @discardableResult
  package mutating func removeValue(forKey name: String) -> JSONValue? {
    guard let position = position(of: name) else { return nil }
    keys.remove(at: position)
    let value = values.remove(at: position)
    indexAll()
    return value
  }

  private func position(of name: String) -> Int? {
    if keys.count > Self.largestSearched { return positions[ExactString(name)] }
    return keys.firstIndex { $0.hasSameUTF8(as: name) }
  }

  private mutating func append(_ value: JSONValue, named name: String) {
    keys.append(name)
    values.append(value)
    if keys.count == Self.largestSearched + 1 {
      indexAll()
    } else if keys.count > Self.largestSearched {
      positions[ExactString(name)] = keys.count - 1
    }
  }

  private mutating func indexAll() {
    positions = [:]
    guard keys.count > Self.largestSearched else { return }
    for (position, key) in keys.enumerated() { positions[ExactString(key)] = position }
  }
}

extension JSONObject: Sequence {
  package struct Iterator: IteratorProtocol {
    private let object: JSONObject
    private var position = 0

    init(object: JSONObject) { self.object = object }

    package mutating func next() -> (key: String, value: JSONValue)? {
      guard position < object.count else { return nil }
      defer { position += 1 }
      return (object.keys[position], object.values[position])
    }
  }

  package func makeIterator() -> Iterator { Iterator(object: self) }
  package var underestimatedCount: Int { count }
}

/// Equal when the members are, in whatever order.
extension JSONObject: Hashable {
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
  }

  package func hash(into hasher: inout Hasher) {
    var sum = 0
    for (key, value) in self {
      var member = Hasher()
      key.hashUTF8(into: &member)
      member.combine(value)
      sum &+= member.finalize()
    }
    hasher.combine(count)
    hasher.combine(sum)
  }
}

/// Of names that come twice, the last value counts.
extension JSONObject: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    for (name, value) in elements { self[name] = value }
  }
}

extension JSONObject {
  /// The same names with values made from these.
  package func mapValues(_ transform: (JSONValue) -> JSONValue) -> JSONObject {
    var copy = self
    copy.values = values.map(transform)
    return copy
  }
}
