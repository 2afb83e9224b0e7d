/// The rules by which libraries are trusted, applied to one of them.
struct LibraryTrust: Sendable, Hashable {
  let trust: PluginTrust
  /// SHA-256 of libraries built with the gateway.
  let builtIn: Set<String>

  /// Judges a file before anything in it is believed.
  /// - Parameters:
  ///   - sha256: of the bytes that will be loaded.
  ///   - path: the file's, for refusals, and for finding its signatures.
  func judge(sha256: String, path: String) throws(PluginRefusal) -> TrustGround {
    let isListed = trust.allowlist.contains(sha256)
    if trust.mode == .allowlist, !isListed { throw notListed(sha256, path) }
    if builtIn.contains(sha256) { return .builtIn }
    let signer = signer(of: sha256, path)
    guard trust.mode == .signed, !isListed else {
      if case .success(let key?) = signer { return .signature(key) }
      return isListed ? .allowlist : .any
    }
    guard let key = try signer.get() else { throw unsigned(path) }
    return .signature(key)
  }

  /// Judges a library that was loaded, on the ground on which it was; its file may be gone.
  func judge(_ ground: TrustGround, sha256: String, path: String) throws(PluginRefusal) {
    switch trust.mode {
    case .any: return
    case _ where trust.allowlist.contains(sha256): return
    case .allowlist: throw notListed(sha256, path)
    case .signed where builtIn.contains(sha256): return
    case .signed:
      guard case .signature(let signer) = ground else { throw unsigned(path) }
      guard let key = trust.keys.first(where: { $0.key == signer.key }) else { throw unknownKey(signer.key.fingerprint, path) }
      if key.isRevoked { throw revoked(key, path) }
    }
  }

  // MARK: Signatures

  /// Whose signature fits; nil without any signature.
  private func signer(of sha256: String, _ path: String) -> Result<TrustedKey?, PluginRefusal> {
    do throws(PluginRefusal) {
      guard let signature = try SignatureFile.read(of: path) else { return .success(nil) }
      return .success(try signer(signature, sha256, path))
    } catch {
      return .failure(error)
    }
  }

  /// The first trusted key by which one of the signatures is. Otherwise the refusal says what comes nearest.
  func signer(_ signature: PluginSignature, _ sha256: String, _ path: String) throws(PluginRefusal) -> TrustedKey {
    guard let message = PluginSignature.message(sha256: sha256) else { throw unsigned(path) }
    var refusals: [PluginRefusal] = []
    for entry in signature.entries {
      guard let key = trust.keys.first(where: { $0.key.fingerprint == entry.key }) else {
        refusals.append(unknownKey(entry.key, path))
        continue
      }
      guard key.key.verifies(entry.signature, of: message) else {
        refusals.append(misfit(signature, key, sha256, path))
        continue
      }
      if !key.isRevoked { return key }
      refusals.append(revoked(key, path))
    }
    let nearest: [PluginRefusal.Rule] = [.signature, .revokedKey, .unknownKey]
    throw nearest.compactMap { rule in refusals.first { $0.rule == rule } }.first ?? unsigned(path)
  }

  // MARK: Refusals

  private func notListed(_ sha256: String, _ path: String) -> PluginRefusal {
    PluginRefusal(
      path: path, rule: .trust, reason: "its SHA-256 \(sha256) is not in plugins.allowlist",
      fix: "if you trust the file: secure-mcp-gateway plugin trust allow --sha256 \(sha256)")
  }

  private func unsigned(_ path: String) -> PluginRefusal {
    PluginRefusal(
      path: path, rule: .unsigned,
      reason: "not signed: there is no \(path)\(PluginSignature.suffix), and plugins.trust is \"signed\"",
      fix: "put its signature there, or sign it with a key of plugins.trusted_keys: secure-mcp-gateway plugin sign \(path) --key FILE")
  }

  private func unknownKey(_ fingerprint: String, _ path: String) -> PluginRefusal {
    PluginRefusal(
      path: path, rule: .unknownKey, reason: "signed by the key \(fingerprint), which is not in plugins.trusted_keys",
      fix: "if you trust its owner: secure-mcp-gateway plugin trust add-key --name NAME --public-key FILE")
  }

  private func revoked(_ key: TrustedKey, _ path: String) -> PluginRefusal {
    PluginRefusal(
      path: path, rule: .revokedKey, reason: "signed by the key '\(key.name)' (\(key.key.fingerprint)), which was revoked",
      fix: "use a build that is signed by a trusted key, or sign this one with such a key once you have made sure of it")
  }

  private func misfit(_ signature: PluginSignature, _ key: TrustedKey, _ sha256: String, _ path: String) -> PluginRefusal {
    let what =
      signature.sha256 == sha256
      ? "the signature by '\(key.name)' (\(key.key.fingerprint)) is false: it is damaged, or was made by another key"
      : "the signature by '\(key.name)' (\(key.key.fingerprint)) is of another file, with the SHA-256 \(signature.sha256); this one has "
        + "\(sha256): it was changed or replaced after it was signed"
    return PluginRefusal(
      path: path, rule: .signature, reason: what, fix: "get the library and its signature together again from its signer")
  }
}
