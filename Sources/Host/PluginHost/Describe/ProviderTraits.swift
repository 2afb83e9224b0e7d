internal import PluginABI

/// What the host must know of a provider's operations, wherever they run.
struct ProviderTraits: Sendable, Hashable {
  /// `SMG_PHASE_*` of a guardrail, `SMG_REC_*` of telemetry.
  var wanted: UInt32 = 0
  /// `SMG_GF_*` of a guardrail.
  var flags: UInt32 = 0
  var isCancellable = false
  var fetchesConfigs = false
  var exportsMetrics = false
}

extension ProviderTraits {
  init(_ provider: PluginTables.Provider) {
    switch provider.kind {
    case .guardrail:
      wanted = provider.guardrail.pointee.phases
      flags = provider.guardrail.pointee.flags
    case .auth: fetchesConfigs = provider.auth.pointee.fetch_config != nil
    case .telemetry:
      wanted = provider.telemetry.pointee.kinds
      exportsMetrics = provider.telemetry.pointee.export_metrics != nil
    }
    isCancellable = provider.cancel != nil
  }
}
