/// How a peer opens a conversation: with the `initialize` handshake, or with self-contained requests.
package enum Era: Sendable, Hashable {
  /// 2024-11-05 to 2025-11-25: `initialize`, sessions, requests in both directions.
  case legacy
  /// 2026-07-28: stateless; version and capabilities travel in `_meta` of every request.
  case modern
}

/// A dated revision of the Model Context Protocol. The order of the cases is the order of publication.
package enum Revision: String, Sendable, CaseIterable, Comparable {
  // swift-format-ignore: AlwaysUseLowerCamelCase
  case v2024_11_05 = "2024-11-05", v2025_03_26 = "2025-03-26", v2025_06_18 = "2025-06-18", v2025_11_25 = "2025-11-25",
    v2026_07_28 = "2026-07-28"

  /// The newest revision that is reached through `initialize`: what a client offers, and what a server counters with.
  package static let newestLegacy = Revision.v2025_11_25
  /// The newest revision of all.
  package static let newest = Revision.v2026_07_28

  /// Revisions reached through `initialize`, oldest first.
  package static let legacy = allCases.filter { $0.era == .legacy }
  /// Revisions reached through `_meta` of each request, oldest first.
  package static let modern = allCases.filter { $0.era == .modern }

  package var era: Era { self < .v2026_07_28 ? .legacy : .modern }

  /// The revision a server answers `initialize` with: the offered one if it is a legacy revision, else the newest legacy one.
  package static func negotiated(offered: String) -> Revision {
    guard let revision = Revision(rawValue: offered), revision.era == .legacy else { return newestLegacy }
    return revision
  }

  package static func < (left: Self, right: Self) -> Bool { left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8) }
}
