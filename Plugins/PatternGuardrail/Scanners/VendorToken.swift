/// A token that says by its beginning who gave it out.
struct VendorToken: Sendable {
  var code: StaticString
  var prefix: StaticString
  /// Letters, digits, "_" and "-" that follow.
  var lengths: ClosedRange<Int>
  var detector = Detector.accessToken
  var confidence = 0.95

  static let all: [VendorToken] = [
    VendorToken(code: "github_token", prefix: "ghp_", lengths: 36...255),
    VendorToken(code: "github_token", prefix: "gho_", lengths: 36...255),
    VendorToken(code: "github_token", prefix: "ghu_", lengths: 36...255),
    VendorToken(code: "github_token", prefix: "ghs_", lengths: 36...255),
    VendorToken(code: "github_token", prefix: "ghr_", lengths: 36...255),
    VendorToken(code: "github_token", prefix: "github_pat_", lengths: 60...255),
    VendorToken(code: "gitlab_token", prefix: "glpat-", lengths: 20...255),
    VendorToken(code: "gitlab_token", prefix: "gldt-", lengths: 20...255),
    VendorToken(code: "gitlab_token", prefix: "glrt-", lengths: 20...255),
    VendorToken(code: "gitlab_token", prefix: "glptt-", lengths: 20...255),
    VendorToken(code: "slack_token", prefix: "xoxb-", lengths: 20...255),
    VendorToken(code: "slack_token", prefix: "xoxp-", lengths: 20...255),
    VendorToken(code: "slack_token", prefix: "xoxa-", lengths: 20...255),
    VendorToken(code: "slack_token", prefix: "xoxr-", lengths: 20...255),
    VendorToken(code: "slack_token", prefix: "xoxs-", lengths: 20...255),
    VendorToken(code: "slack_token", prefix: "xapp-", lengths: 20...255),
    VendorToken(code: "stripe_key", prefix: "sk_live_", lengths: 16...255),
    VendorToken(code: "stripe_key", prefix: "rk_live_", lengths: 16...255),
    VendorToken(code: "stripe_key", prefix: "sk_test_", lengths: 16...255, confidence: 0.7),
    VendorToken(code: "stripe_key", prefix: "whsec_", lengths: 24...255),
    VendorToken(code: "anthropic_key", prefix: "sk-ant-", lengths: 32...255),
    VendorToken(code: "openai_key", prefix: "sk-proj-", lengths: 32...255),
    VendorToken(code: "openai_key", prefix: "sk-svcacct-", lengths: 32...255),
    VendorToken(code: "openrouter_key", prefix: "sk-or-", lengths: 32...255),
    VendorToken(code: "openai_key", prefix: "sk-", lengths: 32...255, confidence: 0.85),
    VendorToken(code: "huggingface_token", prefix: "hf_", lengths: 30...64),
    VendorToken(code: "npm_token", prefix: "npm_", lengths: 36...64),
    VendorToken(code: "pypi_token", prefix: "pypi-", lengths: 50...255),
    VendorToken(code: "digitalocean_token", prefix: "dop_v1_", lengths: 64...64),
    VendorToken(code: "sendgrid_key", prefix: "SG.", lengths: 20...64, confidence: 0.8),
    VendorToken(code: "google_oauth_secret", prefix: "GOCSPX-", lengths: 24...40, detector: .cloudKey),
    VendorToken(code: "google_oauth_token", prefix: "ya29.", lengths: 30...512, detector: .cloudKey, confidence: 0.9),
  ]

  /// What stands before the first symbol of each prefix, in small letters.
  static let firstWords: [String] = Array(
    Set(all.map { String($0.prefix.description.lowercased().prefix { $0.isLetter || $0.isNumber }) }))
}

extension TextScan {
  /// A vendor's token whose first word is `word`.
  mutating func vendorToken(_ word: Word, _ findings: inout Findings) {
    guard word.range.lowerBound >= tokenEnd, let (token, range) = vendorToken(at: word.range.lowerBound) else { return }
    tokenEnd = range.upperBound
    report(token.detector, token.code, token.confidence, range, &findings)
  }

  func vendorToken(at start: Int) -> (VendorToken, Range<Int>)? {
    guard !isInsideWord(start), bytes[start - 1] != UInt8(ascii: "-") else { return nil }
    for token in VendorToken.all where bytes.has(token.prefix, at: start) {
      let body = start + token.prefix.utf8CodeUnitCount
      let end = tokenEnd(from: body, limit: token.lengths.upperBound)
      guard token.lengths.contains(end - body), Entropy.isRandom(bytes, body..<end) else { continue }
      return (token, start..<end)
    }
    return nil
  }

  /// The end of letters, digits, "_" and "-", at most one beyond `limit`.
  func tokenEnd(from start: Int, limit: Int) -> Int {
    var end = start
    while end - start <= limit, bytes[end].isAlphanumeric || bytes[end] == UInt8(ascii: "_") || bytes[end] == UInt8(ascii: "-") { end += 1 }
    return end
  }
}
