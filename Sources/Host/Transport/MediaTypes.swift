internal import NIOHTTP1

/// What a POST must send and accept (Streamable HTTP, "Sending Messages to the Server").
enum MediaTypes {
  /// What the official clients send; anything else is taken apart.
  private static let usualAccept = "application/json, text/event-stream"

  static func refusal(of headers: HTTPHeaders) -> HTTPAnswer? {
    if let refusal = contentRefusal(of: headers) { return refusal }
    let accepted = headers["accept"]
    if accepted.first == usualAccept { return nil }
    guard accepts(accepted, "application/json", "application/*"), accepts(accepted, "text/event-stream", "text/*") else {
      return .refusal(.notAcceptable, "The Accept header must list application/json and text/event-stream.")
    }
    return nil
  }

  /// What a body must be.
  static func contentRefusal(of headers: HTTPHeaders) -> HTTPAnswer? {
    guard let contentType = headers.first(name: "content-type"), isNamed(contentType, "application/json") else {
      return .refusal(.unsupportedMediaType, "The Content-Type must be application/json.")
    }
    return nil
  }

  /// What a GET must accept.
  static func acceptsEvents(_ headers: HTTPHeaders) -> Bool { accepts(headers["accept"], "text/event-stream", "text/*") }

  /// Whether one of the types that are listed, with commas between them, is `type`, `range` or any at all.
  private static func accepts(_ values: [String], _ type: StaticString, _ range: StaticString) -> Bool {
    values.contains { value in
      value.utf8.split(separator: UInt8(ascii: ",")).contains { isNamed($0, type) || isNamed($0, range) || isNamed($0, "*/*") }
    }
  }

  private static func isNamed(_ value: String, _ type: StaticString) -> Bool { isNamed(value.utf8[...], type) }

  /// Whether `type/subtype`, without parameters and in any case (RFC 9110 section 8.3.1), is `type`, which is in lower case.
  private static func isNamed(_ value: Substring.UTF8View, _ type: StaticString) -> Bool {
    type.withUTF8Buffer { type in
      var matched = 0
      for byte in value {
        if byte == UInt8(ascii: ";") { break }
        if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { continue }
        let lower = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
        guard matched < type.count, type[matched] == lower else { return false }
        matched += 1
      }
      return matched == type.count
    }
  }
}
