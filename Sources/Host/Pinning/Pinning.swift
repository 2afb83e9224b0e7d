/// `pinning`: what becomes of a server that changes what it said at first.
package enum Pinning: String, Sendable, CaseIterable {
  /// Nothing is recorded or compared.
  case off
  /// A change is recorded and told; it is in effect at once.
  case warn
  /// A change is held back until an administrator approves it.
  case enforce
}
