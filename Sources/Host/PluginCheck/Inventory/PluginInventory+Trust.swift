extension PluginInventory {
  /// The signatures beside a library with new ones, and whose they are. Signatures of an earlier build, and such as cannot be read, do not stay.
  /// - Throws: why the new ones do not count.
  func joining(_ new: PluginSignature, beside path: String) throws(PluginRefusal) -> (PluginSignature, TrustedKey) {
    let sha256 = try LibraryInspector.sha256(of: path)
    let rules = LibraryTrust(trust: config.trust, builtIn: inspector.settings.trustedInlineHashes)
    let signer = try rules.signer(new, sha256, path)
    var joined = PluginSignature(sha256: sha256, entries: new.entries)
    if let old = SignatureFile.usable(of: path), old.sha256 == sha256 {
      joined.entries = old.entries.filter { entry in !new.entries.contains { $0.key == entry.key } } + new.entries
    }
    joined.entries = joined.entries.suffix(Limits.Plugin.maxSignatures)
    return (joined, signer)
  }

  /// SHA-256 of a library of this name on the search path.
  func sha256(named name: String) throws(GatewayError) -> String {
    let path = try file(named: name)
    do throws(PluginRefusal) { return try LibraryInspector.sha256(of: path) } catch {
      throw GatewayError(.configurationInvalid, "\(error.path): \(error.reason).", suggestions: [error.fix])
    }
  }

  var builtIn: Set<String> { inspector.settings.trustedInlineHashes }

  /// Libraries on the search path that would not be loaded if `trust` were in effect and would be otherwise, and who uses them.
  func losses(under trust: PluginTrust) -> [(refusal: PluginRefusal, users: [String])] {
    let rules = LibraryTrust(trust: trust, builtIn: builtIn)
    return all().compactMap { found in
      guard found.refusal == nil, let sha256 = found.sha256 else { return nil }
      do throws(PluginRefusal) {
        _ = try rules.judge(sha256: sha256, path: found.path)
        return nil
      } catch { return (error, found.offer.map(users) ?? []) }
    }
  }
}
