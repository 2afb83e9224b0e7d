internal import PluginABI

/// One provider of a loaded library, as the library publishes it. The tables are checked before this is made and immutable until exit (R1).
struct ProviderTable: @unchecked Sendable {
  // Points into a library that is never unloaded.
  let provider: UnsafePointer<smg_provider>
  let listing: ProviderListing
  /// The library is one of those built with the gateway.
  let isBuiltIn: Bool
  /// It runs in a process of its own, and the tables are those that stand for it here.
  var isolation: IsolationPlan?

  var guardrail: UnsafePointer<smg_guardrail> { provider.pointee.vtable.assumingMemoryBound(to: smg_guardrail.self) }
  var auth: UnsafePointer<smg_auth> { provider.pointee.vtable.assumingMemoryBound(to: smg_auth.self) }
  var telemetry: UnsafePointer<smg_telemetry> { provider.pointee.vtable.assumingMemoryBound(to: smg_telemetry.self) }

  /// The operation that takes cancel hints, if the provider has one.
  var cancel: (@convention(c) (UnsafeMutableRawPointer, smg_call) -> Void)? {
    switch listing.kind {
    case .guardrail: guardrail.pointee.cancel
    case .auth: auth.pointee.cancel
    case .telemetry: nil
    }
  }
}
