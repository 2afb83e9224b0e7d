/// Texts that are secrets by their own form, wherever they stand: what follows an authentication scheme, and tokens that say who issued them.
enum SecretShape {
  /// The text with `****` in the place of each.
  static func masked(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    var isCredential = false
    while !rest.isEmpty {
      let word = rest.prefix(while: isWordCharacter)
      rest = rest.dropFirst(word.count)
      result += isCredential && isNoPlainWord(word) || isToken(word) ? "****" : String(word)
      let isScheme = schemes.contains(word.lowercased())
      let gap = rest.prefix { !isWordCharacter($0) }
      rest = rest.dropFirst(gap.count)
      result += gap
      isCredential = isScheme && !gap.isEmpty && gap.allSatisfy { $0 == " " || $0 == ":" }
    }
    return result
  }

  /// RFC 7235: schemes whose credentials are one word.
  private static let schemes: Set<String> = ["bearer", "basic", "negotiate"]

  /// "Basic tools" is a description.
  private static func isNoPlainWord(_ word: Substring) -> Bool {
    word.utf8.count >= 6 && word.contains { !$0.isLetter || $0.isUppercase }
  }

  private static func isToken(_ word: Substring) -> Bool {
    guard word.utf8.count >= shortestToken else { return false }
    return prefixes.contains(where: word.hasPrefix) || word.hasPrefix("eyJ") && word.count(where: { $0 == "." }) == 2
  }

  private static let shortestToken = 16
  private static let prefixes = [
    "sk-", "sk_live_", "sk_test_", "rk_live_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "xoxa-",
    "xoxr-", "xoxs-", "AKIA", "ASIA", "AIza", "ya29.", "npm_", "hf_", "pypi-", "SG.", "dop_v1_",
  ]

  private static func isWordCharacter(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || "-_.+/=~".contains(character))
  }
}
