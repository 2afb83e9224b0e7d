internal import JSON

/// Which libraries may be loaded: `plugins.trust`, `plugins.allowlist` and `plugins.trusted_keys`. A running gateway goes by a change at once; what serves
/// goes on.
enum PluginTrustOperations {
  static let all = [list, mode, addKey, revokeKey, removeKey, allow, disallow]

  static let list = AdminOperation.look(
    "plugin trust list", "Show which libraries may be loaded: the rule, the trusted keys and the listed hashes.", .get("/plugin-trust")
  ) { call in
    let document = try call.document()
    return Answer(try TrustDocument(document.root, of: document).answer)
  }.answering(TrustDocument.shape)

  static let mode = AdminOperation.change(
    "plugin trust mode", "Say by which rule libraries are loaded: any, those that are listed, or those that are signed.",
    .put("/plugin-trust"),
    [Inputs.trustMode.required, Inputs.forceTrust.optional]
  ) { edit in
    let mode = PluginTrust.Mode(rawValue: try edit.input.require(Inputs.trustMode)) ?? .any
    edit.json.set(.string(mode.rawValue), at: ["plugins", "trust"])
    switch mode {
    case .any: edit.json.remove(at: TrustDocument.allowlist)
    case .allowlist: if edit.document.root["plugins"]?["allowlist"] == nil { edit.json.set([], at: TrustDocument.allowlist) }
    case .signed: if edit.document.root["plugins"]?["trusted_keys"] == nil { edit.json.set([], at: TrustDocument.keys) }
    }
    let isForced = edit.input.find(Inputs.forceTrust) == true
    return try edit.trustAnswer("Libraries are loaded by the rule '\(mode.rawValue)'.") { losses in
      let used = losses.filter { !$0.users.isEmpty }
      guard !isForced, !used.isEmpty else { return }
      throw GatewayError(
        .configurationInvalid,
        "Nothing was changed, because libraries that the configuration uses would be refused: "
          + used.map { "\($0.refusal.path) (\($0.users.joined(separator: ", "))): \($0.refusal.reason)" }.joined(separator: "; ") + ".",
        suggestions: ["Sign or list them first, or give --force."])
    }
  }.answering(TrustDocument.changedShape)

  // MARK: Keys

  static let addKey = AdminOperation.change(
    "plugin trust add-key", "Trust the libraries that a key signs.", .post("/plugin-trust/keys"),
    [Inputs.signer.required, Inputs.publicKey.required]
  ) { edit in
    let name = try edit.input.newName(Inputs.signer)
    let text = try edit.input.require(Inputs.publicKey)
    guard let key = SigningPublicKey(base64: text) ?? SigningPublicKey(pem: Array(text.utf8)) else {
      throw GatewayError(
        .toolInvalidArguments, "The field 'public_key' must be an Ed25519 public key that not everybody can sign by.",
        suggestions: ["Give 32 bytes in base64, as `plugin generate-key` prints it, or a PEM file as `openssl pkey -pubout` writes it."])
    }
    let known = try TrustDocument(edit.document.root, of: edit.document).trust.keys
    if let other = known.first(where: { $0.name == name }) {
      throw GatewayError(.configurationInvalid, "There is a key '\(Fields.shown(name))' (\(other.key.fingerprint)) already.")
    }
    if let other = known.first(where: { $0.key == key }) {
      let what = other.isRevoked ? "was revoked" : "is trusted already"
      throw GatewayError(.configurationInvalid, "This key (\(key.fingerprint)) \(what), by the name '\(Fields.shown(other.name))'.")
    }
    edit.json.append(["name": .string(name), "public_key": .string(key.base64)], to: TrustDocument.keys)
    return try edit.trustAnswer("The key '\(name)' (\(key.fingerprint)) is trusted.")
  }.answering(TrustDocument.changedShape)

  static let revokeKey = AdminOperation.change(
    "plugin trust revoke-key", "Trust a key no more, and know it, so that refusals say so.", .post("/plugin-trust/keys/{key_name}/revoke"),
    [Inputs.signer.required]
  ) { edit in
    let (index, key) = try edit.trustedKey()
    guard !key.isRevoked else {
      throw GatewayError(.configurationInvalid, "The key '\(Fields.shown(key.name))' (\(key.key.fingerprint)) is revoked already.")
    }
    edit.json.set(true, at: TrustDocument.keys + [.element(index), "revoked"])
    return try edit.trustAnswer("The key '\(key.name)' (\(key.key.fingerprint)) is revoked.")
  }.answering(TrustDocument.changedShape)

  static let removeKey = AdminOperation.change(
    "plugin trust remove-key", "Forget a key. One that was stolen is better revoked.", .delete("/plugin-trust/keys/{key_name}"),
    [Inputs.signer.required]
  ) { edit in
    let (index, key) = try edit.trustedKey()
    edit.json.remove(at: TrustDocument.keys + [.element(index)])
    return try edit.trustAnswer("The key '\(key.name)' (\(key.key.fingerprint)) is forgotten.")
  }.answering(TrustDocument.changedShape)

  // MARK: Hashes

  static let allow = AdminOperation.change(
    "plugin trust allow", "List libraries by their SHA-256, so that they may be loaded.", .post("/plugin-trust/allowlist"),
    [Inputs.sha256.optional, Inputs.libraryToList.optional, Inputs.builtIn.optional]
  ) { edit in
    let wanted = try edit.hashesToList()
    let listed = try TrustDocument(edit.document.root, of: edit.document).trust.allowlist
    let new = wanted.subtracting(listed).sorted()
    for hash in new { edit.json.append(.string(hash), to: TrustDocument.allowlist) }
    return try edit.trustAnswer(new.isEmpty ? "All of them are listed already." : "\(new.count) listed.")
  }.answering(TrustDocument.changedShape)

  static let disallow = AdminOperation.change(
    "plugin trust disallow", "Take a SHA-256 off the list.", .delete("/plugin-trust/allowlist/{sha256}"), [Inputs.sha256.required]
  ) { edit in
    let hash = try edit.hash(edit.input.require(Inputs.sha256))
    let listed = edit.document.root["plugins"]?["allowlist"]?.elements.map { $0.stringValue?.lowercased() } ?? []
    guard let index = listed.firstIndex(of: hash) else {
      throw GatewayError(.configurationInvalid, "\(hash) is not listed.", suggestions: ["`plugin trust list` shows what is."])
    }
    edit.json.remove(at: TrustDocument.allowlist + [.element(index)])
    return try edit.trustAnswer("\(hash) is not listed any more.")
  }.answering(TrustDocument.changedShape)
}

extension AdminEdit {
  fileprivate func trustedKey() throws -> (index: Int, key: TrustedKey) {
    let name = try input.require(Inputs.signer)
    let keys = try TrustDocument(document.root, of: document).trust.keys
    guard let index = keys.firstIndex(where: { $0.name == name || $0.key.fingerprint == name }) else {
      throw GatewayError(
        .configurationInvalid, "There is no key '\(Fields.shown(name))' among the trusted keys.",
        suggestions: [Suggestion.didYouMean(name, among: keys.map(\.name)) ?? "`plugin trust list` shows them."])
    }
    return (index, keys[index])
  }

  fileprivate func hash(_ text: String) throws(GatewayError) -> String {
    guard let digest = KeyDigest(hex: text) else {
      throw GatewayError(.toolInvalidArguments, "The field 'sha256' must have 64 hexadecimal digits, as sha256sum prints them.")
    }
    return digest.hex
  }

  fileprivate func hashesToList() throws -> Set<String> {
    switch (input.find(Inputs.sha256), input.find(Inputs.libraryToList), input.find(Inputs.builtIn) == true) {
    case (let text?, nil, false): return [try hash(text)]
    case (nil, let name?, false): return [try inventory().sha256(named: name)]
    case (nil, nil, true):
      let hashes = try inventory().builtIn
      guard hashes.isEmpty else { return hashes }
      throw GatewayError(
        .configurationInvalid, "The gateway's plugin folder has no \(PluginManifest.fileName) that only root or you can write.",
        suggestions: ["List each library: `plugin trust allow --name libX.so`."])
    default: throw GatewayError(.toolInvalidArguments, "Give one of 'sha256', 'name' and 'built_in'.")
    }
  }

  fileprivate func inventory() throws -> PluginInventory {
    let config = try ConfigReader.read(document.bytes, file: document.path, directory: FilePath.directory(of: document.path)).config
    return PluginInventory(config.plugins, executable: ExecutablePath(path: executablePath))
  }

  /// The rules as they will be, and which libraries they refuse that were not refused before.
  fileprivate func trustAnswer(
    _ message: String, _ judge: ([(refusal: PluginRefusal, users: [String])]) throws -> Void = { _ in }
  ) throws -> Answer {
    let new = try TrustDocument(RawJSON(validating: json.serialized()), of: document)
    let losses = try inventory().losses(under: new.trust)
    try judge(losses)
    guard var answer = new.answer.objectValue else { return Answer(new.answer, message: message) }
    answer["now_refused"] = .array(
      losses.map { loss in .object((loss.refusal.document.objectValue ?? [:]).adding(["used_by": .array(loss.users.map(JSONValue.string))]))
      })
    guard !losses.isEmpty else { return Answer(.object(answer), message: message) }
    let warning =
      "\(losses.count) libraries on the search path are refused from now on; a gateway that uses one goes on with it until it is restarted."
    return Answer(.object(answer), message: message + " " + warning)
  }
}
