/// Checks one text against RFC 8259 and our bounds in a single pass, without recursion.
///
/// Stricter than the RFC asks: member names are unique after unescaping, no byte order mark, depth and size bounded.
struct Scanner: ~Copyable {
  let bytes: UnsafePointer<UInt8>
  let end: Int
  var position = 0
  private let frames: UnsafeMutableBufferPointer<Frame>
  private var depth = 0
  private var names: MemberNames
  private var longValues: [LongValues.Span] = []

  /// An open container.
  private struct Frame {
    var start: UInt32
    /// For an object the index of its first member name.
    var firstName: UInt32
    static let noNames = UInt32.max
    var isArray: Bool { firstName == Self.noNames }
  }

  private init(
    _ text: UnsafeBufferPointer<UInt8>, base: UnsafePointer<UInt8>, frames: UnsafeMutableBufferPointer<Frame>, names: consuming MemberNames
  ) {
    bytes = base
    end = text.count
    self.frames = frames
    self.names = names
  }

  /// The range of the one value that `text` holds, without the whitespace around it, and the long values in it.
  static func scan(_ text: UnsafeBufferPointer<UInt8>, limits: JSONLimits) throws(JSONError) -> (Range<Int>, [LongValues.Span]) {
    guard text.count <= limits.maxBytes else { throw JSONError(.tooLarge, at: limits.maxBytes) }
    guard let base = text.baseAddress else { throw JSONError(.empty, at: 0) }
    return try withUnsafeTemporaryAllocation(of: Frame.self, capacity: limits.maxDepth) { frames throws(JSONError) in
      try withUnsafeTemporaryAllocation(of: MemberNames.Name.self, capacity: MemberNames.inlineCapacity) { space throws(JSONError) in
        var scanner = Scanner(text, base: base, frames: frames, names: MemberNames(space))
        let range = try scanner.scanText()
        scanner.longValues.sort { $0.start < $1.start }
        return (range, scanner.longValues)
      }
    }
  }

  private mutating func scanText() throws(JSONError) -> Range<Int> {
    skipWhitespace()
    guard position < end else { throw JSONError(.empty, at: end) }
    let start = position
    try scanValue()
    let stop = position
    skipWhitespace()
    guard position == end else { throw JSONError(.trailingText, at: position) }
    return start..<stop
  }

  /// One value with everything inside it.
  private mutating func scanValue() throws(JSONError) {
    while true {
      switch next {
      case .quote:
        let start = position
        position &+= 1
        _ = try scanString()
        remember(from: start)
      case .openBrace:
        if try openObject() { continue }
      case .openBracket:
        if try openArray() { continue }
      case 0x74: try scanLiteral("true")
      case 0x66: try scanLiteral("false")
      case 0x6E: try scanLiteral("null")
      case .minus, .zero ... .nine: try scanNumber()
      default: throw unexpected()
      }
      guard try advanceToValue() else { return }
    }
  }

  /// After a value: closes what ends here. True when another value follows, false when the outermost one is complete.
  private mutating func advanceToValue() throws(JSONError) -> Bool {
    while depth > 0 {
      let frame = frames[depth &- 1]
      skipWhitespace()
      switch next {
      case .comma:
        position &+= 1
        skipWhitespace()
        if !frame.isArray { try scanMemberName() }
        return true
      case .closeBrace where !frame.isArray:
        if let offset = names.removeMembers(from: Int(frame.firstName), in: bytes) { throw JSONError(.duplicateMember, at: offset) }
      case .closeBracket where frame.isArray: break
      default: throw unexpected()
      }
      position &+= 1
      depth &-= 1
      remember(from: Int(frame.start))
    }
    return false
  }

  /// After a value.
  @inline(__always)
  private mutating func remember(from start: Int) {
    guard position &- start >= LongValues.leastBytes else { return }
    longValues.append(LongValues.Span(start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: position)))
  }

  /// True when a member's value follows; false when the object was empty and is done.
  private mutating func openObject() throws(JSONError) -> Bool {
    try push(firstName: UInt32(truncatingIfNeeded: names.count))
    guard next != .closeBrace else { return false }
    try scanMemberName()
    return true
  }

  /// True when an element follows; false when the array was empty and is about to be closed.
  private mutating func openArray() throws(JSONError) -> Bool {
    try push(firstName: Frame.noNames)
    return next != .closeBracket
  }

  private mutating func push(firstName: UInt32) throws(JSONError) {
    guard depth < frames.count else { throw JSONError(.tooDeep, at: position) }
    frames[depth] = Frame(start: UInt32(truncatingIfNeeded: position), firstName: firstName)
    depth &+= 1
    position &+= 1
    skipWhitespace()
  }

  /// Name, colon and the whitespace around it.
  private mutating func scanMemberName() throws(JSONError) {
    guard next == .quote else { throw unexpected() }
    position &+= 1
    let start = position
    let isEscaped = try scanString()
    names.append(start: start, length: position &- 1 &- start, isEscaped: isEscaped)
    skipWhitespace()
    guard next == .colon else { throw unexpected() }
    position &+= 1
    skipWhitespace()
  }

  private mutating func scanLiteral(_ word: StaticString) throws(JSONError) {
    for index in 0..<word.utf8CodeUnitCount {
      guard position &+ index < end else { throw JSONError(.unexpectedEnd, at: end) }
      guard bytes[position &+ index] == word.utf8Start[index] else { throw JSONError(.badLiteral, at: position) }
    }
    position &+= word.utf8CodeUnitCount
  }

  /// The byte at the position; at the end 0, which is no token.
  @inline(__always)
  var next: UInt8 { position < end ? bytes[position] : 0 }

  func unexpected() -> JSONError {
    guard position < end else { return JSONError(.unexpectedEnd, at: end) }
    let isMark = position == 0 && end >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
    return JSONError(isMark ? .byteOrderMark : .unexpectedByte, at: position)
  }

  @inline(__always)
  mutating func skipWhitespace() {
    guard position < end, bytes[position] <= .space else { return }
    skipWhitespaceRun()
  }

  private mutating func skipWhitespaceRun() {
    var index = position
    while index < end {
      switch bytes[index] {
      case .space:
        if index &+ 8 <= end, ByteLanes(at: bytes + index).isAllSpaces { index &+= 8 } else { index &+= 1 }
      case .lineFeed, .carriageReturn, .tab: index &+= 1
      default:
        position = index
        return
      }
    }
    position = index
  }
}
