internal import JSON
internal import MCP

/// A message as guardrails see it: every string, member name and number, decoded, with its place; and as it will be forwarded: the same bytes with the
/// guardrails' replacements spliced in. Both come from one validated text, so what was judged is what passes on.
///
/// A string that is JSON once more, has escapes of JSON, of URIs or of HTML in it, or is base64 of a text, is followed by what that hides, so that no number of layers
/// hides a word; a number in an unusual form is followed by its plain one.
struct ScreenedMessage {
  private(set) var raw: RawJSON
  private(set) var segments: [Segment]
  /// A text and what its escapes hide were both replaced: one of them was done, and the guardrail has to say what is left to do with the other. In a document
  /// its strings are done, so that it stays one; in other texts the text itself, so that its escapes stay.
  private(set) var needsAnotherLook = false
  /// Escapes hide more than guardrails are given to read: not all of the message can be judged.
  private(set) var hidesTooMuch = false

  /// How a segment is put back into the message.
  private enum Place {
    /// A value of the message, or of the document that another segment is.
    case token(RawJSON, of: Int?)
    /// What the text of another segment says in plain.
    case plain(of: Int, Writing)
  }

  /// How a plain text is written again where it stood.
  private enum Writing {
    case asItIs, percentEncoded, base64

    func written(_ text: String) -> String {
      switch self {
      case .asItIs: text
      case .percentEncoded: PercentEscapes.encoded(text)
      case .base64: String(decoding: Base64.encode(Array(text.utf8)), as: UTF8.self)
      }
    }
  }
  private var places: [Place] = []
  /// Segments that are documents.
  private var documents: [Int: RawJSON] = [:]

  private let base: String
  private let binary: BinaryContent?
  private let escapes: EscapedText.Reader
  /// Bytes that may still be added by reading escapes.
  private var room = 0

  /// - Parameters:
  ///   - base: RFC 6901 pointer of `raw` in its JSON-RPC message, e.g. `/params/arguments`.
  ///   - binary: where `raw` may hold images, audio and blobs; nil: every string is text.
  ///   - escapes: which texts are read once more.
  init(_ raw: RawJSON, base: String, binary: BinaryContent? = nil, escapes: EscapedText.Reader = .all) {
    self.raw = raw
    self.base = base
    self.binary = binary
    self.escapes = escapes
    segments = []
    collect()
  }

  private mutating func collect() {
    segments.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    documents.removeAll(keepingCapacity: true)
    room = Limits.Guardrails.minEscapedBytes + 3 * raw.bytes.count
    let encoded = binary?.readings(in: raw) ?? [:]
    raw.forEachText(base: base) { (text: JSONText) throws(Never) in
      let encoded = encoded.isEmpty ? nil : encoded[text.raw.offset]
      if case .picture = encoded { return }
      guard !Self.isTraceparent(text) else { return }
      add(text, Self.flags(text.kind), of: nil)
      if case .text(let plain) = encoded { return readPlainly(plain, .base64, of: segments.count - 1, layer: 0) }
      guard text.kind != .number else { return addPlainNumber(text) }
      guard escapes == .documents || escapes == .all && Self.mayHideEscapes(text.raw) else { return }
      readOnceMore(segments.count - 1, layer: 1)
    }
  }

  /// Random digits by which programs find a message in a trace (W3C Trace Context section 3.2.2): now and then they are some number that a guardrail looks for.
  private static func isTraceparent(_ text: JSONText) -> Bool {
    guard text.kind == .string, text.raw.bytes.count == 57 else { return false }
    guard text.pointer == "/params/_meta/traceparent" || text.pointer == "/result/_meta/traceparent" else { return false }
    return TraceContext(traceparent: text.text).isContinued
  }

  private mutating func add(_ text: JSONText, _ flags: Segment.Flags, of parent: Int?) {
    segments.append(Segment(pointer: text.pointer, text: text.text, mediaType: "", flags: flags))
    places.append(.token(text.raw, of: parent))
  }

  /// 7.34e3 says 7340 as well.
  private mutating func addPlainNumber(_ number: JSONText) {
    guard escapes == .all, let plain = number.raw.plainNumber(maxDigits: Limits.Guardrails.maxPlainDigits) else { return }
    segments.append(Segment(pointer: number.pointer, text: plain, mediaType: "", flags: [.nested, .number]))
    places.append(.plain(of: segments.count - 2, .asItIs))
  }

  private static func flags(_ kind: JSONText.Kind) -> Segment.Flags {
    switch kind {
    case .memberName: .key
    case .number: .number
    case .string: []
    }
  }

  // MARK: Escapes

  /// A backslash of the decoded text is two in its source, or written as a code, as the other signs that begin an escape may be.
  private static func mayHideEscapes(_ raw: RawJSON) -> Bool {
    raw.withUnsafeBytes { bytes in
      if bytes.contains(where: { PercentEscapes.begins(with: $0) || $0 == UInt8(ascii: "&") }) { return true }
      guard let first = bytes.firstIndex(of: UInt8(ascii: "\\")) else { return false }
      var previous: UInt8 = 0
      for byte in bytes[first...] {
        if previous == UInt8(ascii: "\\"), byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "u") { return true }
        previous = byte
      }
      return false
    }
  }

  /// Adds what the escapes of a segment hide, and what theirs do.
  private mutating func readOnceMore(_ index: Int, layer: Int) {
    guard let reading = escapes.reading(of: segments[index].text) else { return }
    guard layer <= Limits.Guardrails.maxEscapeLayers, room >= 0 else { return hidesTooMuch = true }
    let isName = segments[index].flags.contains(.key)
    switch reading {
    case .unescaped(let text): readPlainly(text, .asItIs, of: index, layer: layer)
    case .percentDecoded(let text): readPlainly(text, .percentEncoded, of: index, layer: layer)
    case .document(let document):
      documents[index] = document
      document.forEachText(base: segments[index].pointer) { (text: JSONText) throws(Never) in
        guard text.kind != .number, escapes == .documents || Self.mayHideAnything(text.raw) else { return }
        room -= text.raw.bytes.count
        add(text, Self.flags(text.kind).union(isName ? [.nested, .key] : .nested), of: index)
        readOnceMore(segments.count - 1, layer: layer + 1)
      }
    }
  }

  private static func mayHideAnything(_ raw: RawJSON) -> Bool {
    raw.bytes.contains { $0 == UInt8(ascii: "\\") || PercentEscapes.begins(with: $0) || $0 == UInt8(ascii: "&") }
  }

  private mutating func readPlainly(_ text: String, _ writing: Writing, of index: Int, layer: Int) {
    let isName = segments[index].flags.contains(.key)
    segments.append(Segment(pointer: segments[index].pointer, text: text, mediaType: "", flags: isName ? [.nested, .key] : .nested))
    places.append(.plain(of: index, writing))
    room -= text.utf8.count
    readOnceMore(segments.count - 1, layer: layer + 1)
  }

  // MARK: Replacements

  /// Applies a verdict's replacements. Member names cannot be rewritten; a number's replacement makes it a string.
  /// - Returns: false when a replacement names no segment or a member name: a malformed verdict.
  mutating func apply(_ replacements: [(segment: Int, text: String)]) -> Bool {
    needsAnotherLook = false
    guard !replacements.isEmpty else { return true }
    var texts: [Int: String] = [:]
    for (segment, text) in replacements {
      guard segments.indices.contains(segment), !segments[segment].flags.contains(.key) else { return false }
      texts[segment] = text
    }
    do throws(JSONError) { raw = try raw.replacing(try edits(texts)) } catch { return false }
    collect()
    return true
  }

  /// What stands around the document stays.
  private static func text(_ text: String, with new: RawJSON, for document: RawJSON) -> String {
    let bytes = Array(text.utf8)
    return String(decoding: bytes[..<document.offset] + new.bytes + bytes[(document.offset + document.bytes.count)...], as: UTF8.self)
  }

  /// Works from the innermost texts outwards: what hides in a segment comes behind it.
  private mutating func edits(_ texts: [Int: String]) throws(JSONError) -> [(target: RawJSON, with: [UInt8])] {
    var texts = texts
    var inner: [Int: [(target: RawJSON, with: [UInt8])]] = [:]
    var outer: [(target: RawJSON, with: [UInt8])] = []
    var index = segments.count - 1
    while index >= 0 {
      defer { index -= 1 }
      if let edits = inner[index], let document = documents[index] {
        if texts[index] != nil { needsAnotherLook = true }
        texts[index] = Self.text(segments[index].text, with: try document.replacing(edits), for: document)
      }
      guard let text = texts[index] else { continue }
      switch places[index] {
      case .token(let token, of: nil): outer.append((token, JSONValue.string(text).serialized()))
      case .token(let token, of: let parent?): inner[parent, default: []].append((token, JSONValue.string(text).serialized()))
      case .plain(of: let parent, let writing):
        if texts[parent] != nil { needsAnotherLook = true } else { texts[parent] = writing.written(text) }
      }
    }
    return outer
  }
}
