internal import PluginSDK

/// The key that a caller presents, by the rules of `Credentials`, of headers that are kept while a service is asked.
enum PresentedKey {
  enum Reading: Equatable {
    case none
    case malformed(Credentials.Malformation)
    case key(String)
  }

  static func read(_ headers: [(name: String, value: String)]) -> Reading {
    var found: String?
    for (name, value) in headers {
      guard let key = key(name, value) else { continue }
      guard !key.isEmpty else { return .malformed(.emptyKey) }
      guard key.utf8.count <= Credentials.maxKeyBytes else { return .malformed(.tooLong) }
      // It becomes a header of another request.
      guard key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return .malformed(.unprintable) }
      guard found == nil || found == key else { return .malformed(.conflicting) }
      found = key
    }
    return found.map { .key($0) } ?? .none
  }

  private static func key(_ name: String, _ value: String) -> String? {
    switch name {
    case "enkrypt_gateway_key", "apikey": return value
    case "authorization":
      let words = value.split(separator: " ", maxSplits: 1)
      guard words.first?.lowercased() == "bearer" else { return nil }
      return words.count == 2 ? String(words[1].drop { $0 == " " }) : ""
    default: return nil
    }
  }

  /// The project or user that the request names; empty = none.
  static func wish(_ name: String, _ headers: [(name: String, value: String)]) -> String {
    headers.first { $0.name == name && !$0.value.isEmpty }?.value ?? ""
  }
}
