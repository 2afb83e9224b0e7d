internal import JSON

/// A message as guardrails see it: every string, member name and number, decoded, with its place; and as it will be forwarded: the same bytes with the
/// guardrails' replacements spliced in. Both come from one validated text, so what was judged is what passes on.
struct ScreenedMessage {
  private(set) var raw: RawJSON
  private(set) var segments: [Segment]
  private var places: [RawJSON]

  private let base: String
  private let binary: BinaryContent?

  /// - Parameters:
  ///   - base: RFC 6901 pointer of `raw` in its JSON-RPC message, e.g. `/params/arguments`.
  ///   - binary: where `raw` may hold images, audio and blobs; nil: every string is text.
  init(_ raw: RawJSON, base: String, binary: BinaryContent? = nil) {
    self.raw = raw
    self.base = base
    self.binary = binary
    segments = []
    places = []
    collect()
  }

  private mutating func collect() {
    segments.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    let binary = binary?.offsets(in: raw) ?? []
    raw.forEachText(base: base) { (text: JSONText) throws(Never) in
      guard binary.isEmpty || !binary.contains(text.raw.offset) else { return }
      let flags: Segment.Flags =
        switch text.kind {
        case .memberName: Segment.Flags.key
        case .number: Segment.Flags.number
        case .string: []
        }
      segments.append(Segment(pointer: text.pointer, text: text.text, mediaType: "", flags: flags))
      places.append(text.raw)
      guard text.kind != .number else { return }
      for nested in NestedText.segments(in: segments[segments.count - 1].text, at: text.pointer) {
        segments.append(nested)
        places.append(text.raw)
      }
    }
  }

  /// Applies a verdict's replacements. Member names cannot be rewritten; a number's replacement makes it a string.
  /// - Returns: false when a replacement names no segment or a member name: a malformed verdict.
  mutating func apply(_ replacements: [(segment: Int, text: String)]) -> Bool {
    guard !replacements.isEmpty else { return true }
    var edits: [Int: [UInt8]] = [:]
    for (segment, text) in replacements {
      guard segments.indices.contains(segment), !segments[segment].flags.contains(.key) else { return false }
      edits[segment] = JSONValue.string(text).serialized()
    }
    do throws(JSONError) { raw = try raw.replacing(edits.map { (places[$0.key], $0.value) }) } catch { return false }
    collect()
    return true
  }
}
