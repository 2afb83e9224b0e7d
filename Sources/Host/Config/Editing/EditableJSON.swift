package import JSON

/// A JSON document while it is changed. What nobody touches keeps its very bytes: order, numbers, escapes, comments and layout. Only objects and arrays on
/// the way to a change are written anew, in the document's own indentation.
package struct EditableJSON: Sendable {
  /// One step from an object or array into it.
  package enum Step: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case member(String)
    case element(Int)

    package init(stringLiteral name: String) { self = .member(name) }
    package init(integerLiteral index: Int) { self = .element(index) }

    var token: String {
      switch self {
      case .member(let name): name
      case .element(let index): String(index)
      }
    }
  }

  /// What becomes of a member that is looked at.
  package enum MemberChange: Sendable {
    case keep, remove
    case rename(String)
    case replace(JSONValue)
    /// Another name and another value.
    case become(String, JSONValue)
  }

  indirect enum Node: Sendable {
    /// As it was written.
    case kept(RawJSON)
    /// New.
    case value(JSONValue)
    case object([Member])
    case array([Node])
  }

  struct Member: Sendable {
    /// The name as it is written, with its quotes.
    var key: RawJSON
    var node: Node

    func isNamed(_ name: RawJSON, _ text: String) -> Bool {
      if key == name { return true }
      return key.bytes.contains(UInt8(ascii: "\\")) && key.decodedUTF8.map { $0.elementsEqual(text.utf8) } == true
    }
  }

  private var root: Node
  private var layout: JSONLayout
  /// Whether anything was set or taken out.
  package private(set) var isChanged = false

  package init(_ document: RawJSON) {
    root = .kept(document)
    layout = JSONLayout(of: document)
  }

  /// Where a change met something of another kind than it goes into, such as a list in place of an object: nothing is changed there.
  package private(set) var misfit: String?

  /// Puts a value in place, instead of what is there or as the last member; objects on the way are made. An element one past the end is appended.
  package mutating func set(_ value: JSONValue, at path: [Step]) {
    guard fits(path) else { return }
    isChanged = true
    root.change(at: path[...]) { $0 = .value(value) }
  }

  package mutating func append(_ value: JSONValue, to path: [Step]) {
    guard fits(path + [.element(0)]) else { return }
    isChanged = true
    root.change(at: path[...]) { node in
      var elements = node?.takeElements() ?? []
      elements.append(.value(value))
      node = .array(elements)
    }
  }

  /// Whether everything on the way is of the kind that the next step needs, or not there yet.
  private mutating func fits(_ path: [Step]) -> Bool {
    for (index, step) in path.enumerated() {
      guard let kind = root.node(at: path[..<index])?.kind, kind != .null else { return true }
      switch (step, kind) {
      case (.member, .object), (.element, .array): continue
      default:
        misfit = path[..<index].reduce(JSONPointer()) { $0.appending($1.token) }.description
        return false
      }
    }
    return true
  }

  /// Takes a member or an element out; nothing happens when there is none.
  package mutating func remove(at path: [Step]) {
    guard value(at: path) != nil else { return }
    isChanged = true
    root.change(at: path[...]) { $0 = nil }
  }

  /// What stands there now, changes included; nil when nothing does.
  package func value(at path: [Step]) -> RawJSON? { root.node(at: path[...])?.raw }

  /// Another document takes the place of this one, as it is written; or, when it is pretty, in two spaces a level.
  package mutating func replaceAll(with document: RawJSON, isPretty: Bool = false) {
    isChanged = true
    root = isPretty ? .value(document.value) : .kept(document)
    layout = isPretty ? .standard : JSONLayout(of: document)
  }

  /// Looks at each member of an object, once.
  package mutating func changeMembers(of path: [Step], _ decide: (_ name: String, _ value: RawJSON) -> MemberChange) {
    isChanged = true
    root.change(at: path[...]) { node in
      guard let members = node?.takeMembers() else { return }
      let kept = members.compactMap { member -> Member? in
        switch decide(member.key.stringValue ?? "", member.node.raw) {
        case .keep: member
        case .remove: nil
        case .rename(let name): Member(key: RawJSON(.string(name)), node: member.node)
        case .replace(let value): Member(key: member.key, node: .value(value))
        case .become(let name, let value): Member(key: RawJSON(.string(name)), node: .value(value))
        }
      }
      node = .object(kept)
    }
  }

  /// The whole text. A document that was not changed comes back as it was.
  package func serialized() -> [UInt8] {
    var bytes: [UInt8] = []
    layout.append(root, to: &bytes, depth: 0)
    bytes += layout.ending
    return bytes
  }
}

extension EditableJSON.Node {
  /// Calls `body` with what stands at the end of the path, nil when nothing does; what it leaves there takes its place, and nil takes it out.
  mutating func change(at path: ArraySlice<EditableJSON.Step>, _ body: (inout Self?) -> Void) {
    guard let step = path.first else {
      var whole: Self? = self
      body(&whole)
      self = whole ?? .value(.null)
      return
    }
    switch step {
    case .member(let name): changeMember(name, path.dropFirst(), body)
    case .element(let index): changeElement(index, path.dropFirst(), body)
    }
  }

  func node(at path: ArraySlice<EditableJSON.Step>) -> Self? {
    guard let step = path.first else { return self }
    var copy = self
    switch step {
    case .member(let name):
      if case .kept(let raw) = self { return raw[name].flatMap { Self.kept($0).node(at: path.dropFirst()) } }
      let key = RawJSON(.string(name))
      return copy.takeMembers()?.first { $0.isNamed(key, name) }?.node.node(at: path.dropFirst())
    case .element(let index):
      guard let elements = copy.takeElements(), elements.indices.contains(index) else { return nil }
      return elements[index].node(at: path.dropFirst())
    }
  }

  private mutating func changeMember(_ name: String, _ rest: ArraySlice<EditableJSON.Step>, _ body: (inout Self?) -> Void) {
    var members = takeMembers() ?? []
    let key = RawJSON(.string(name))
    let index = members.firstIndex { $0.isNamed(key, name) }
    let changed = Self.changed(index.map { members[$0].node }, rest, body)
    switch (index, changed) {
    case (let index?, let node?): members[index].node = node
    case (let index?, nil): members.remove(at: index)
    case (nil, let node?): members.append(EditableJSON.Member(key: key, node: node))
    case (nil, nil): break
    }
    self = .object(members)
  }

  private mutating func changeElement(_ index: Int, _ rest: ArraySlice<EditableJSON.Step>, _ body: (inout Self?) -> Void) {
    var elements = takeElements() ?? []
    let isThere = elements.indices.contains(index)
    switch (isThere, Self.changed(isThere ? elements[index] : nil, rest, body)) {
    case (true, let node?): elements[index] = node
    case (true, nil): elements.remove(at: index)
    case (false, let node?): elements.append(node)
    case (false, nil): break
    }
    self = .array(elements)
  }

  private static func changed(_ node: Self?, _ rest: ArraySlice<EditableJSON.Step>, _ body: (inout Self?) -> Void) -> Self? {
    guard !rest.isEmpty else {
      var node = node
      body(&node)
      return node
    }
    var inner = node ?? .object([])
    inner.change(at: rest, body)
    return inner
  }

  /// The members of an object, moved out; nil for other kinds.
  mutating func takeMembers() -> [EditableJSON.Member]? {
    defer { self = .object([]) }
    switch self {
    case .object(let members): return members
    case .kept(let raw) where raw.kind == .object: return raw.members.map { EditableJSON.Member(key: $0.key, node: .kept($0.value)) }
    case .value(.object(let object)):
      return object.map { EditableJSON.Member(key: RawJSON(.string($0.key)), node: .value($0.value)) }
    default: return nil
    }
  }

  /// The elements of an array, moved out; nil for other kinds.
  mutating func takeElements() -> [Self]? {
    defer { self = .array([]) }
    switch self {
    case .array(let elements): return elements
    case .kept(let raw) where raw.kind == .array: return raw.elements.map { .kept($0) }
    case .value(.array(let elements)): return elements.map { .value($0) }
    default: return nil
    }
  }

  var kind: JSONKind {
    switch self {
    case .kept(let raw): raw.kind
    case .value(let value): value.kind
    case .object: .object
    case .array: .array
    }
  }

  /// For looking at it.
  var raw: RawJSON {
    switch self {
    case .kept(let raw): return raw
    case .value(let value): return RawJSON(value)
    case .object, .array:
      var bytes: [UInt8] = []
      JSONLayout.compact.append(self, to: &bytes, depth: 0)
      // Made of checked parts; what cannot be is null.
      do throws(JSONError) { return try RawJSON(validating: bytes) } catch { return RawJSON(.null) }
    }
  }
}
