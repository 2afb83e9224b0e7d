/// The error catalogue for people, as it stands in `docs/ERRORS.md`.
enum ErrorReference {
  static var markdown: String {
    let heading = """
      # Errors

      Written by `secure-mcp-gateway reference --errors`. Every failure that a client or an administrator sees has one of these codes, a sentence for people and,
      where there is something to do about it, suggestions. The codes are the original's.

      | code | | severity | recovery | HTTP | exit status |
      |---|---|---|---|---|---|

      """
    let rows = GatewayError.Code.allCases.map { code in
      "| `\(code.rawValue)` | \(words(code)) | \(code.severity.rawValue) | \(code.recovery.rawValue) | \(code.httpStatus) | \(code.exitStatus) |"
    }
    return heading + rows.joined(separator: "\n")
  }

  /// `guardrailTimeout` → "guardrail timeout"
  private static func words(_ code: GatewayError.Code) -> String {
    "\(code)".reduce(into: "") { text, letter in text += letter.isUppercase ? " " + letter.lowercased() : String(letter) }
  }
}
