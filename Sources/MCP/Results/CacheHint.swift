/// How long and for whom a 2026-07-28 client may keep a list or a resource.
package struct CacheHint: Sendable, Equatable {
  package enum Scope: String, Sendable {
    /// Depends on who asks.
    case `private`
    /// The same for everybody.
    case `public`
  }

  /// 0: ask again each time.
  package var ttlMilliseconds: Int
  package var scope: Scope

  package init(ttlMilliseconds: Int, scope: Scope) {
    self.ttlMilliseconds = ttlMilliseconds
    self.scope = scope
  }

  /// Right for anything that a policy filters.
  package static let none = CacheHint(ttlMilliseconds: 0, scope: .private)
}
