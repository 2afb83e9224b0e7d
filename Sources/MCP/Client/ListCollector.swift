package import JSON

/// Collects the pages of `tools/list` and its likes by following `nextCursor`. Free of I/O: it gives the params of each request, and
/// the caller brings each result. A server that never ends the list is stopped by the page cap.
package struct ListCollector: Sendable {
  package static let defaultMaxPages = 100
  package static let defaultMaxBytes = 64 << 20

  package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The result lacks the list, or its cursor is no string.
    case malformed(String)
    /// The pages together are larger than allowed, in bytes.
    case tooLarge(limit: Int)

    package var description: String {
      switch self {
      case .malformed(let reason): "the list is malformed: \(reason)"
      case .tooLarge(let limit): "the list is larger than \(limit) bytes"
      }
    }
  }

  /// Why there is no further page.
  package enum Ending: Sendable, Equatable {
    case complete
    /// The server gave a cursor again that it had given before; what it listed until then counts.
    case cursorRepeated
    /// There were more pages than allowed; those read count.
    case pageCap
  }

  package enum Step: Sendable, Equatable {
    /// Ask again with these params.
    case request(params: [UInt8])
    case done(Ending)
  }

  /// The elements so far, in the server's order.
  package private(set) var items: [RawJSON] = []

  /// For how long the server says that the list is fresh: the shortest `ttlMs` of its pages, in milliseconds; nil if none says (MCP 2026-07-28, caching).
  package private(set) var freshMilliseconds: Int?

  private let member: String
  private let maxPages: Int
  private let maxBytes: Int
  private var pages = 0
  private var bytes = 0
  private var seenCursors: Set<[UInt8]> = []

  /// `member` is the name of the list in a result, such as "tools". The first request has no params.
  package init(member: String, maxPages: Int = defaultMaxPages, maxBytes: Int = defaultMaxBytes) {
    self.member = member
    self.maxPages = maxPages
    self.maxBytes = maxBytes
  }

  /// Takes the next page.
  package mutating func receive(_ result: RawJSON) throws(Failure) -> Step {
    guard let list = result[member], list.kind == .array else { throw .malformed("\(member) is not an array") }
    guard result.bytes.count <= maxBytes - bytes else { throw .tooLarge(limit: maxBytes) }
    bytes += result.bytes.count
    pages += 1
    items.append(contentsOf: list.elements)
    if let ttl = result["ttlMs"]?.intValue, ttl >= 0 { freshMilliseconds = min(freshMilliseconds ?? ttl, ttl) }
    return try step(after: result["nextCursor"])
  }

  /// An absent, null or empty cursor ends the list; the last is what some servers write for "none".
  private mutating func step(after cursor: RawJSON?) throws(Failure) -> Step {
    guard let cursor, !cursor.isNull else { return .done(.complete) }
    guard let token = cursor.decodedUTF8 else { throw .malformed("nextCursor is not a string") }
    guard !token.isEmpty else { return .done(.complete) }
    guard seenCursors.insert(token).inserted else { return .done(.cursorRepeated) }
    guard pages < maxPages else { return .done(.pageCap) }
    return .request(params: Array("{\"cursor\":".utf8) + cursor.bytes + [UInt8(ascii: "}")])
  }
}
