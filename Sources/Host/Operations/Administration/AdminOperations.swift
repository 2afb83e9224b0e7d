/// Everything that an administrator can do to the configuration. Commands, routes and references are made from this list.
package enum AdminOperations {
  package static let all: [AdminOperation] =
    ConfigOperations.all + ServerOperations.all + PolicyOperations.all + ProjectOperations.all + MemberOperations.all + UserOperations.all
    + KeyOperations.all + PinOperations.all + SystemOperations.all + AuditOperations.all + PluginOperations.all + PluginTrustOperations.all
    + GuardrailOperations.all + RuntimeOperations.all
}
