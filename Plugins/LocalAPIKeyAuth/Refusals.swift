internal import PluginSDK

/// Each way of refusing a caller, in words that the caller may read.
extension Refusal {
  private static let realm = #"Bearer realm="secure-mcp-gateway""#

  private static func unauthenticated(_ code: String, _ message: String, _ error: String) -> Refusal {
    Refusal(.unauthenticated, code: code, message: message, wwwAuthenticate: #"\#(realm), error="\#(error)""#)
  }

  static let noCredentials = Refusal(
    .unauthenticated, code: "AUTH_001", message: "No API key was given: send it as apikey, ENKRYPT_GATEWAY_KEY or Authorization: Bearer.",
    wwwAuthenticate: realm)

  static func malformed(_ why: Credentials.Malformation) -> Refusal {
    let message =
      switch why {
      case .emptyKey: "The API key is empty."
      case .tooLong: "The API key is longer than \(Credentials.maxKeyBytes) bytes."
      case .unprintable: "The API key has characters that no key has."
      case .conflicting: "The request carries two different API keys; send one."
      }
    return unauthenticated("AUTH_001", message, "invalid_request")
  }

  static let unknownKey = unauthenticated("AUTH_001", "The API key is not known to this gateway.", "invalid_token")
  static let disabledKey = unauthenticated("AUTH_009", "API key is disabled.", "invalid_token")
  static let expiredKey = unauthenticated("AUTH_002", "The API key has expired.", "invalid_token")

  static let otherProject = Refusal(.forbidden, code: "AUTH_003", message: "The API key does not belong to the project in project_id.")
  static let otherUser = Refusal(.forbidden, code: "AUTH_003", message: "The API key does not belong to the user in user_id.")
  static let userNotInProject = Refusal(.forbidden, code: "AUTH_003", message: "The API key's user is not a member of its project.")
  static let projectWithoutConfig = Refusal(.forbidden, code: "AUTH_008", message: "The API key's project has no MCP configuration.")
}
