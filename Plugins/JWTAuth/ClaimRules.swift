internal import JSON

/// What the claims of a token must say, whoever signed it.
struct ClaimRules: Sendable {
  /// The largest NumericDate that is believed: the end of the year 9999.
  private static let latest = 253_402_300_799.0

  /// "iss" is one of these.
  let issuers: [String]
  /// "aud" names one of these.
  let audiences: [String]
  /// "scope" or "scp" has every one of these.
  let scopes: [String]
  let leewaySeconds: Double

  enum Broken: Error, Equatable {
    case issuer, audience, expired, notYet
    /// A claim that is missing or not of its type.
    case malformed(String)
    case scope
  }

  /// - Returns: seconds until the token expires, the leeway included; more than 0.
  func check(_ claims: RawJSON, unixSeconds now: Double) throws(Broken) -> Double {
    guard let issuer = claims["iss"]?.stringValue, issuers.contains(issuer) else { throw .issuer }
    guard Self.names(claims["aud"]).contains(where: audiences.contains) else { throw .audience }
    guard let expires = try Self.date(claims, "exp") else { throw .malformed("exp") }
    guard now < expires + leewaySeconds else { throw .expired }
    if let begins = try Self.date(claims, "nbf"), now < begins - leewaySeconds { throw .notYet }
    if let issued = try Self.date(claims, "iat"), now < issued - leewaySeconds { throw .notYet }
    let granted = Self.scopes(claims)
    guard scopes.allSatisfy(granted.contains) else { throw .scope }
    return expires + leewaySeconds - now
  }

  private static func date(_ claims: RawJSON, _ name: String) throws(Broken) -> Double? {
    guard let claim = claims[name] else { return nil }
    guard claim.kind == .number, let seconds = claim.doubleValue, (0...latest).contains(seconds) else { throw .malformed(name) }
    return seconds
  }

  /// One text, or a list of them.
  private static func names(_ claim: RawJSON?) -> [String] {
    guard let claim else { return [] }
    return claim.stringValue.map { [$0] } ?? claim.elements.compactMap(\.stringValue)
  }

  /// "scope" is a text of words (RFC 8693 section 4.2); "scp" is what some providers have in its place.
  private static func scopes(_ claims: RawJSON) -> Set<String> {
    Set((names(claims["scope"]) + names(claims["scp"])).flatMap { $0.split(separator: " ").map(String.init) })
  }
}
