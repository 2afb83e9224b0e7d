/// A library that passed the checks: what it is and what it offers. Its code is in this process only when it is one of the gateway's own, or once somebody has
/// chosen that for a binding.
struct FoundLibrary: Sendable {
  /// One provider of it.
  struct Provider: Sendable {
    let listing: ProviderListing
    let traits: ProviderTraits
  }

  let path: String
  let sha256: String
  /// Built and installed with the gateway.
  let isBuiltIn: Bool
  let description: PluginDescription
  let providers: [Provider]

  init(_ description: PluginDescription, path: String, sha256: String, isBuiltIn: Bool) {
    (self.path, self.sha256, self.isBuiltIn, self.description) = (path, sha256, isBuiltIn, description)
    providers = description.providers.map { provider in
      Provider(
        listing: ProviderListing(
          kind: provider.kind, name: provider.name, pluginID: description.id, version: description.version, vendor: description.vendor,
          license: description.license, path: path, sha256: sha256, flags: provider.flags, configSchemaJSON: provider.configSchema),
        traits: provider.traits)
    }
  }
}
