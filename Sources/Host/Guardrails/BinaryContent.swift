internal import JSON
internal import MCP

/// What the base64 in a result is: an image, audio or a document in a form of its own is no text, and goes to no guardrail. Everything else is judged as it is
/// written, and as a client would read it.
struct BinaryContent {
  enum Reading {
    /// Of a kind that is known by its first bytes.
    case picture
    case text(String)
  }

  private let method: String

  /// - Parameter method: whose result is judged.
  init(of method: String) { self.method = method }

  /// By the offsets of the strings in the result's buffer; a string that is no base64 has none.
  func readings(in result: RawJSON) -> [Int: Reading] {
    var readings: [Int: Reading] = [:]
    for candidate in candidates(in: result) {
      guard candidate.kind == .string, let reading = Self.reading(of: candidate) else { continue }
      readings[candidate.offset] = reading
    }
    return readings
  }

  private func candidates(in result: RawJSON) -> [RawJSON] {
    ResultContent.blocks(in: result, of: method).compactMap(Self.data(of:))
      + ResultContent.resources(in: result, of: method).compactMap { $0["blob"] }
  }

  /// Of one content block (MCP, ContentBlock).
  private static func data(of block: RawJSON) -> RawJSON? {
    switch block["type"]?.stringValue {
    case "image", "audio": block["data"]
    case "resource": block["resource"]?["blob"]
    default: nil
    }
  }

  private static func reading(of string: RawJSON) -> Reading? {
    guard let digits = string.decodedUTF8, let first = LenientBase64.decode(digits, limitBytes: lookedAtBytes) else { return nil }
    if MediaSignature.isKnown(first), !isText(first) { return .picture }
    guard let bytes = LenientBase64.decode(digits, limitBytes: .max), !bytes.isEmpty else { return nil }
    return .text(utf16(bytes) ?? String(decoding: bytes, as: UTF8.self))
  }

  /// Of a picture, to tell that it is no text that begins like one.
  private static let lookedAtBytes = 3072

  /// The last sign may be cut off.
  private static func isText(_ bytes: [UInt8]) -> Bool {
    (0...min(3, bytes.count)).contains { String(validating: bytes.dropLast($0), as: UTF8.self) != nil }
  }

  /// With its byte order mark; nil when that is missing.
  private static func utf16(_ bytes: [UInt8]) -> String? {
    let isLittle = bytes.starts(with: [0xFF, 0xFE])
    guard isLittle || bytes.starts(with: [0xFE, 0xFF]) else { return nil }
    let units = stride(from: 2, to: bytes.count - 1, by: 2).map { place in
      isLittle ? UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8 : UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1])
    }
    return String(decoding: units, as: UTF16.self)
  }
}
