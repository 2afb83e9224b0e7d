package import NIOCore

/// One guardrail of the chain, alive: a provider's instance and what the operator said of it.
package struct BoundGuardrail: Sendable {
  package let name: String
  package let instance: PluginInstance
  package let onFailure: FailurePolicy
  package let timeout: TimeAmount

  package init(name: String, instance: PluginInstance, onFailure: FailurePolicy, timeout: TimeAmount) {
    self.name = name
    self.instance = instance
    self.onFailure = onFailure
    self.timeout = timeout
  }
}
