/// One instance, for status output.
package struct InstanceReport: Sendable {
  package let bindingName: String
  package let listing: ProviderListing
  /// Which build of its plugin it is made of, in the order of loading, from 1.
  package let generation: Int
  package let stats: PluginStats
  /// Nobody uses it any more; it ends when its last call has.
  package let isDraining: Bool
  /// Why its library was loaded.
  package var ground = TrustGround.any
  /// Why its library would not be loaded now.
  package var distrust: PluginRefusal?
}

extension InstanceReport {
  init(_ core: InstanceCore) {
    bindingName = core.binding
    listing = core.table.listing
    generation = core.generation
    stats = core.stats
    isDraining = core.currentPhase != .live
  }
}
