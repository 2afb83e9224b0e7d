internal import JSON
internal import PluginSDK
internal import ServiceClient

/// How one property of a caller comes out of a token's claims.
struct ClaimMapping: Sendable {
  /// Of one claim; groups of a large directory are many.
  static let maxValues = 512

  /// A claim by its name, or, where it begins with "/", by the RFC 6901 pointer to it.
  let claim: String
  private let pointer: [String]?
  /// What the claim's values mean; nil = they are meant as they are. What is not listed means nothing.
  let values: [String: String]?
  /// Where the claim says nothing.
  let standard: String?

  init(_ object: ConfigObject?, claim standardClaim: String) throws {
    try object?.allow(only: "claim", "values", "default")
    claim = try object?.string("claim", maxBytes: 256) ?? standardClaim
    pointer = claim.hasPrefix("/") ? claim.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(Self.unescaped) : nil
    standard = try object?.string("default", maxBytes: 256)
    values = try object?.object("values").map { table in
      var values: [String: String] = [:]
      for name in table.names { values[name] = try table.string(name, maxBytes: 256) }
      return values
    }
  }

  private static func unescaped(_ token: Substring) -> String {
    token.split(separator: "~1", omittingEmptySubsequences: false).map { part in
      part.split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
    }.joined(separator: "/")
  }

  /// What the token says, in its order and without repeats; one value at most for a claim that is a text.
  func candidates(_ claims: RawJSON) -> [String] {
    let said = Self.texts(find(claims)).compactMap { text in values.map { $0[text] } ?? text }.filter(Self.isUsable)
    var seen = Set<String>()
    let found = said.filter { seen.insert($0).inserted }
    return found.isEmpty ? standard.map { [$0] } ?? [] : found
  }

  private func find(_ claims: RawJSON) -> RawJSON? {
    guard let pointer else { return claims[claim] }
    return pointer.reduce(claims) { value, name in value?[name] }
  }

  private static func texts(_ claim: RawJSON?) -> [String] {
    guard let claim else { return [] }
    if let text = claim.stringValue { return [text] }
    return claim.elements.prefix(maxValues).compactMap(\.stringValue)
  }

  /// It becomes part of names and log lines.
  private static func isUsable(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 256
      && text.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0.value >= 0x20 && $0.value != 0x7F }
  }
}
