internal import MCP

/// Where the next page of a merged list begins. Opaque to clients. It holds a position and a digest of the names listed, and nothing is kept for it: when
/// the list has changed since, a position in it means nothing, so the cursor is refused and the client starts again.
struct ListCursor: Sendable, Hashable {
  let position: Int
  let digest: UInt64

  init(position: Int, digest: UInt64) {
    self.position = position
    self.digest = digest
  }

  var text: String { "\(String(position, radix: 36)).\(String(digest, radix: 36))" }

  /// Nil unless it is exactly what `text` gives.
  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let position = Int(parts[0], radix: 36), let digest = UInt64(parts[1], radix: 36), position > 0 else {
      return nil
    }
    self.init(position: position, digest: digest)
    guard self.text == text else { return nil }
  }

  static let invalid = RPCError.invalidParams(
    "The cursor is not one that this gateway gave, or the list has changed since. List again from the beginning.")
}
