internal import JSON

/// How a document is laid out: its indentation, found at the first member, or everything on one line.
struct JSONLayout: Sendable {
  /// One level of indentation; nil: no line breaks.
  private let unit: [UInt8]?
  /// What follows the document: a line break, where there was one.
  let ending: [UInt8]

  static let compact = JSONLayout(unit: nil, ending: [])

  /// What the gateway writes of its own accord.
  static let standard = JSONLayout(unit: [32, 32], ending: [10])

  private init(unit: [UInt8]?, ending: [UInt8]) {
    self.unit = unit
    self.ending = ending
  }

  init(of document: RawJSON) {
    let inside = document.bytes.dropFirst()
    let space = inside.prefix { " \t\r\n".utf8.contains($0) }
    guard let lineBreak = space.lastIndex(of: UInt8(ascii: "\n")) else {
      // An empty document has no layout of its own.
      self = inside.first == UInt8(ascii: "}") ? .standard : .compact
      return
    }
    unit = Array(space[(lineBreak + 1)...])
    ending = [UInt8(ascii: "\n")]
  }

  func append(_ node: EditableJSON.Node, to bytes: inout [UInt8], depth: Int) {
    switch node {
    case .kept(let raw): bytes += raw.bytes
    case .value(let value): append(value, to: &bytes, depth: depth)
    case .object(let members):
      container("{", "}", members, to: &bytes, depth: depth) { member, bytes in
        bytes += member.key.bytes
        bytes += ": ".utf8
        append(member.node, to: &bytes, depth: depth + 1)
      }
    case .array(let elements):
      container("[", "]", elements, to: &bytes, depth: depth) { append($0, to: &$1, depth: depth + 1) }
    }
  }

  private func append(_ value: JSONValue, to bytes: inout [UInt8], depth: Int) {
    switch value {
    case .object(let object):
      container("{", "}", Array(object), to: &bytes, depth: depth) { member, bytes in
        bytes += JSONValue.string(member.key).serialized()
        bytes += ": ".utf8
        append(member.value, to: &bytes, depth: depth + 1)
      }
    case .array(let elements):
      container("[", "]", elements, to: &bytes, depth: depth) { append($0, to: &$1, depth: depth + 1) }
    default: bytes += value.serialized()
    }
  }

  private func container<Item>(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ items: [Item], to bytes: inout [UInt8], depth: Int,
    _ append: (Item, inout [UInt8]) -> Void
  ) {
    bytes.append(UInt8(ascii: open))
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      startLine(in: &bytes, depth: depth + 1, isFirst: index == 0)
      append(item, &bytes)
    }
    if !items.isEmpty { startLine(in: &bytes, depth: depth, isFirst: true) }
    bytes.append(UInt8(ascii: close))
  }

  private func startLine(in bytes: inout [UInt8], depth: Int, isFirst: Bool) {
    guard let unit else {
      if !isFirst { bytes.append(UInt8(ascii: " ")) }
      return
    }
    bytes.append(UInt8(ascii: "\n"))
    for _ in 0..<depth { bytes += unit }
  }
}
