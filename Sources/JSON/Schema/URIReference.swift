/// Resolution of references against a base, RFC 3986 section 5.2, as text: enough to name the parts of one document.
enum URIReference {
  /// - Returns: the target without fragment, and the fragment, still percent-encoded.
  static func resolve(_ reference: String, against base: String) -> (uri: String, fragment: String) {
    let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let fragment = parts.count > 1 ? String(parts[1]) : ""
    return (target(String(parts[0]), base: base), fragment)
  }

  private static func target(_ reference: String, base: String) -> String {
    if reference.isEmpty { return base }
    if hasScheme(reference) { return reference }
    let (root, path) = split(base)
    if reference.hasPrefix("//") { return root.prefix { $0 != ":" } + (hasScheme(base) ? ":" : "") + reference }
    if reference.hasPrefix("/") { return root + removingDotSegments(reference) }
    let cleanPath = path.prefix { $0 != "?" }
    if reference.hasPrefix("?") { return root + cleanPath + reference }
    let folder = cleanPath.lastIndex(of: "/").map { cleanPath[...$0] } ?? (root.contains("//") ? "/" : "")
    return root + removingDotSegments(folder + reference)
  }

  private static func hasScheme(_ text: String) -> Bool {
    guard let colon = text.firstIndex(of: ":"), let first = text.first, first.isASCII, first.isLetter else { return false }
    return text[..<colon].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
  }

  /// Scheme and authority; path and query.
  private static func split(_ uri: String) -> (root: String, path: Substring) {
    var rest = uri[...]
    if hasScheme(uri), let colon = rest.firstIndex(of: ":") { rest = rest[rest.index(after: colon)...] }
    if rest.hasPrefix("//") {
      rest = rest.dropFirst(2)
      rest = rest[(rest.firstIndex(of: "/") ?? rest.endIndex)...]
    }
    return (String(uri[..<rest.startIndex]), rest)
  }

  private static func removingDotSegments(_ text: String) -> String {
    let path = text.prefix { $0 != "?" }
    var kept: [Substring] = []
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    for (position, segment) in segments.enumerated() {
      let isLast = position == segments.count - 1
      switch segment {
      case ".": if isLast { kept.append("") }
      case "..":
        if kept.count > 1 || (kept.count == 1 && kept[0] != "") { kept.removeLast() }
        if isLast { kept.append("") }
      default: kept.append(segment)
      }
    }
    return kept.joined(separator: "/") + text[path.endIndex...]
  }

  /// Percent-decoded; nil when that is malformed or no UTF-8.
  static func decodeFragment(_ fragment: String) -> String? {
    var bytes: [UInt8] = []
    var rest = fragment.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == 0x25 else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst()?.hexadecimalDigit, let low = rest.popFirst()?.hexadecimalDigit else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
