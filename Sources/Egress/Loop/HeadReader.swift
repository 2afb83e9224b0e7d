/// Puts the lines that libcurl's header callback brings together: heads of interim answers, the head of the answer, trailers.
struct HeadReader {
  private let limitBytes: Int
  private var bytes = 0
  private var head: ResponseHead?
  private(set) var isComplete = false
  private(set) var trailers: [(name: String, value: String)] = []

  init(limitBytes: Int) {
    self.limitBytes = limitBytes
  }

  /// The head, when `line` is the empty line that completes it. Interim answers (1xx) are passed over.
  mutating func take(_ line: UnsafeRawBufferPointer) throws(EgressError) -> ResponseHead? {
    bytes += line.count
    guard bytes <= limitBytes else { throw .tooLarge(.headers, limitBytes: limitBytes) }
    let text = line.trimmingLineEnd
    if isComplete {
      if !text.isEmpty { try add(text, to: &trailers) }
      return nil
    }
    guard var current = head else {
      head = try Self.statusLine(text)
      return nil
    }
    guard text.isEmpty else {
      try add(text, to: &current.headers)
      head = current
      return nil
    }
    head = nil
    isComplete = current.status >= 200
    return isComplete ? current : nil
  }

  private static func statusLine(_ line: UnsafeRawBufferPointer.SubSequence) throws(EgressError) -> ResponseHead {
    let words = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: true)
    guard words.count >= 2, words[0].starts(with: "HTTP/".utf8), let status = Int(String(decoding: words[1], as: UTF8.self)),
      (100...999).contains(status)
    else { throw .protocolError("the status line cannot be read") }
    return ResponseHead(status: status, isHTTP2: words[0].dropFirst(5).first == UInt8(ascii: "2"))
  }

  private func add(_ line: UnsafeRawBufferPointer.SubSequence, to fields: inout [(name: String, value: String)]) throws(EgressError) {
    if let first = line.first, first == 0x20 || first == 0x09 {
      guard let last = fields.popLast() else { throw .protocolError("the first header line is a continuation") }
      fields.append((last.name, last.value + " " + String(decoding: line.trimmingBlanks, as: UTF8.self)))
      return
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex, line[..<colon].allSatisfy(HeaderLine.isTokenByte)
    else {
      throw .protocolError("a header line cannot be read")
    }
    let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
    fields.append((name, String(decoding: line[(colon + 1)...].trimmingBlanks, as: UTF8.self)))
  }
}

extension UnsafeRawBufferPointer {
  fileprivate var trimmingLineEnd: SubSequence {
    var line = self[...]
    if line.last == 0x0a { line.removeLast() }
    if line.last == 0x0d { line.removeLast() }
    return line
  }
}

extension Slice<UnsafeRawBufferPointer> {
  fileprivate var trimmingBlanks: Self {
    var text = self
    while let first = text.first, first == 0x20 || first == 0x09 { text.removeFirst() }
    while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
    return text
  }
}
