internal import NIOHTTP1

/// What a POST must send and accept (Streamable HTTP, "Sending Messages to the Server").
enum MediaTypes {
  static func refusal(of headers: HTTPHeaders) -> HTTPAnswer? {
    let contentType = headers.first(name: "content-type").map(essence) ?? ""
    guard contentType == "application/json" else { return .refusal(.unsupportedMediaType, "The Content-Type must be application/json.") }
    let accepted = headers[canonicalForm: "accept"].map(essence)
    guard accepts("application", "json", accepted), accepts("text", "event-stream", accepted) else {
      return .refusal(.notAcceptable, "The Accept header must list application/json and text/event-stream.")
    }
    return nil
  }

  private static func accepts(_ type: String, _ subtype: String, _ accepted: [String]) -> Bool {
    accepted.contains { $0 == "*/*" || $0 == "\(type)/*" || $0 == "\(type)/\(subtype)" }
  }

  /// `type/subtype` without parameters, in lower case (RFC 9110 section 8.3.1).
  private static func essence(_ value: some StringProtocol) -> String {
    String(value.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }).lowercased()
  }
}
