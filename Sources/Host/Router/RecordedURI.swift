/// A URI as logs and spans name it: its scheme, its length, and the beginning of its SHA-256, by which it is known again. The rest may hold what somebody typed.
enum RecordedURI {
  static func text(_ uri: String) -> String {
    let scheme = uri.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    let isScheme = (1...longestScheme).contains(scheme.count) && uri.dropFirst(scheme.count).hasPrefix(":")
    let digest = KeyDigest(of: Array(uri.utf8)).hex.prefix(8)
    return "\(isScheme ? "\(scheme):" : "")*** (\(uri.utf8.count) bytes, sha256 \(digest))"
  }

  private static let longestScheme = 16
}
