package import NIOCore
internal import PluginABI

/// One created instance of a provider. Every operation ends by its deadline with a reply, whatever the plugin does. Whoever may still call it holds it: when the
/// last reference is gone, it is retired in the background. So a request keeps the instances that it began with.
package final class PluginInstance: Sendable {
  let core: InstanceCore
  package let bindingName: String
  /// The provider it is an instance of.
  package let listing: ProviderListing

  init(_ core: InstanceCore) {
    self.core = core
    bindingName = core.binding
    listing = core.table.listing
  }

  deinit {
    if core.currentPhase == .live { core.retire(deadline: .now() + Limits.Plugin.retireTimeout) {} }
  }

  /// Ends the instance before its time: open calls get until the deadline, then `stop` and `destroy` at least a moment more. Returns when it is gone, or
  /// leaked. A second call does nothing.
  package func retire(deadline: NIODeadline) async { await core.retire(deadline: deadline) }

  package var stats: PluginStats { core.stats }

  // MARK: What the provider implements

  /// Whether a guardrail judges in this phase.
  package func implements(_ phase: GuardrailPhase) -> Bool {
    listing.kind == .guardrail && core.table.guardrail.pointee.phases & phase.rawValue != 0
  }

  /// Guardrail: the phases it wants to be asked in; empty for other kinds.
  package var phases: [GuardrailPhase] {
    guard listing.kind == .guardrail else { return [] }
    let bits = core.table.guardrail.pointee.phases
    return GuardrailPhase.allCases.filter { bits & $0.rawValue != 0 }
  }

  /// Guardrail: it wants the base64 of images, audio and blobs.
  package var wantsBinary: Bool { listing.kind == .guardrail && core.table.guardrail.pointee.flags & SMG_GF_BINARY != 0 }

  /// Guardrail: it carries out this member of a policy's `additional_config`.
  package func carriesOut(_ check: PolicyCheck) -> Bool {
    guard listing.kind == .guardrail else { return false }
    let bit =
      switch check {
      case .relevancy: SMG_GF_RELEVANCY
      case .adherence: SMG_GF_ADHERENCE
      case .hallucination: SMG_GF_HALLUCINATION
      case .topic: SMG_GF_TOPIC
      case .custom: SMG_GF_CUSTOM
      }
    return core.table.guardrail.pointee.flags & bit != 0
  }

  /// Auth: it brings configurations from elsewhere.
  package var fetchesConfigs: Bool { listing.kind == .auth && core.table.auth.pointee.fetch_config != nil }

  /// Telemetry: the records it wants.
  package var wantsLogs: Bool { listing.kind == .telemetry && core.table.telemetry.pointee.kinds & SMG_REC_LOG != 0 }
  package var wantsSpans: Bool { listing.kind == .telemetry && core.table.telemetry.pointee.kinds & SMG_REC_SPAN != 0 }
  package var wantsMetrics: Bool { listing.kind == .telemetry && core.table.telemetry.pointee.export_metrics != nil }
}
