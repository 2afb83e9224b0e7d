internal import JSON

/// A message as guardrails see it: every string, member name and number, decoded, with its place; and as it will be forwarded: the same bytes with the
/// guardrails' replacements spliced in. Both come from one validated text, so what was judged is what passes on.
struct ScreenedMessage {
  private(set) var raw: RawJSON
  private(set) var segments: [Segment]
  private var places: [RawJSON]

  private let base: String
  private let isResult: Bool

  /// - Parameters:
  ///   - base: RFC 6901 pointer of `raw` in its JSON-RPC message, e.g. `/params/arguments`.
  ///   - isResult: `raw` is a server's result, whose `content` may hold images, audio and blobs. In anything else every string is text.
  init(_ raw: RawJSON, base: String, isResult: Bool = false) {
    self.raw = raw
    self.base = base
    self.isResult = isResult
    segments = []
    places = []
    collect()
  }

  private mutating func collect() {
    segments.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    let binary = isResult ? Self.binaryOffsets(in: raw) : []
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

  /// Where the message says that a string is base64 of an image, of audio or of a blob (`content[].data`, `content[].resource.blob`): not text, and sent only to
  /// guardrails that read binary content. A member of that name anywhere else is text, and so is one that is not base64.
  private static func binaryOffsets(in result: RawJSON) -> Set<Int> {
    guard let content = result["content"] else { return [] }
    var offsets: Set<Int> = []
    for block in content.elements {
      let type = block["type"]?.stringValue
      let candidate = type == "image" || type == "audio" ? block["data"] : type == "resource" ? block["resource"]?["blob"] : nil
      guard let candidate, candidate.kind == .string, isBase64(candidate.bytes.dropFirst().dropLast()) else { continue }
      offsets.insert(candidate.offset)
    }
    return offsets
  }

  /// RFC 4648 section 4: whole groups of four digits, the last one padded.
  private static func isBase64(_ text: ArraySlice<UInt8>) -> Bool {
    let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
    return text.count % 4 == 0 && text.dropLast(padding).allSatisfy(isBase64Digit)
  }

  private static func isBase64Digit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "+"), UInt8(ascii: "/"): true
    default: false
    }
  }
}
