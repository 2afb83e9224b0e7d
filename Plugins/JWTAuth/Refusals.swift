internal import PluginSDK

/// Each way of refusing a caller, in words that the caller may read: never a part of the token.
extension Refusal {
  private static let realm = #"Bearer realm="secure-mcp-gateway""#

  private static func unauthenticated(_ code: String, _ message: String, error: String = "invalid_token") -> Refusal {
    Refusal(.unauthenticated, code: code, message: message, wwwAuthenticate: #"\#(realm), error="\#(error)""#)
  }

  static let noToken = Refusal(
    .unauthenticated, code: "AUTH_001", message: "No token was given: send it as Authorization: Bearer.", wwwAuthenticate: realm)
  static let conflicting = unauthenticated("AUTH_001", "The request carries two different tokens; send one.", error: "invalid_request")

  static func flawed(_ flaw: SignedToken.Flaw) -> Refusal {
    switch flaw {
    case .malformed: unauthenticated("AUTH_001", "The token is not a signed JWT.")
    case .algorithm: algorithmNotAllowed
    case .kind: unauthenticated("AUTH_001", "The token is of a kind that is not accepted here.")
    }
  }

  static let algorithmNotAllowed = unauthenticated("AUTH_001", "The token is signed in a way that is not accepted here.")
  static let unknownKey = unauthenticated("AUTH_001", "The token is signed with a key that the identity provider does not publish.")
  static let badSignature = unauthenticated("AUTH_001", "The token's signature is not valid.")
  static let noSubject = unauthenticated("AUTH_001", "The token does not say who its subject is.")

  static func broken(_ rule: ClaimRules.Broken) -> Refusal {
    switch rule {
    case .issuer: unauthenticated("AUTH_001", "The token was issued by somebody whom this gateway does not trust.")
    case .audience: unauthenticated("AUTH_001", "The token was issued for another audience than this gateway.")
    case .expired: unauthenticated("AUTH_002", "The token has expired.")
    case .notYet: unauthenticated("AUTH_001", "The token is not valid yet.")
    case .malformed(let claim): unauthenticated("AUTH_001", "The token has no usable claim \(claim).")
    case .scope:
      Refusal(
        .forbidden, code: "AUTH_003", message: "The token lacks a scope that this gateway asks for.",
        wwwAuthenticate: #"\#(realm), error="insufficient_scope""#)
    }
  }

  static let noProject = Refusal(.forbidden, code: "AUTH_003", message: "The token gives access to no project of this gateway.")
  static let otherProject = Refusal(.forbidden, code: "AUTH_003", message: "The token does not give access to the project in project_id.")
  static let severalProjects = Refusal(
    .forbidden, code: "AUTH_003", message: "The token gives access to several projects: name one in the header project_id.")
  static let noUser = Refusal(.forbidden, code: "AUTH_003", message: "The token does not say which user of this gateway it is for.")
}
