/// The token among a request's headers.
enum BearerToken {
  /// Every header that an answer depends on. Over stdio the token comes as `enkrypt_gateway_key`.
  static let headerNames = ["authorization", "apikey", "enkrypt_gateway_key", "project_id"]

  enum Reading: Equatable {
    case none
    /// Two different ones.
    case conflicting
    case token(String)
  }

  /// Several headers may carry it when they carry the same one: of two different tokens neither is guessed to be meant.
  static func read(_ headers: [(name: String, value: String)]) -> Reading {
    var found: String?
    for (name, value) in headers {
      guard let token = token(name, value) else { continue }
      guard found == nil || found == token else { return .conflicting }
      found = token
    }
    return found.map { .token($0) } ?? .none
  }

  private static func token(_ name: String, _ value: String) -> String? {
    switch name {
    case "apikey", "enkrypt_gateway_key": return value
    case "authorization":
      // RFC 6750 section 2.1; the scheme in any case.
      let words = value.split(separator: " ", maxSplits: 1)
      guard let scheme = words.first, scheme.lowercased() == "bearer" else { return nil }
      return words.count == 2 ? String(words[1].drop { $0 == " " }) : ""
    default: return nil
    }
  }

  /// What the caller asks for where it may have several.
  static func wishedProject(_ headers: [(name: String, value: String)]) -> String? {
    headers.first { $0.name == "project_id" && !$0.value.isEmpty }?.value
  }
}
