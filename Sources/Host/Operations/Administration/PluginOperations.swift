internal import JSON
internal import NIOPosix

/// The plugins on the search path.
enum PluginOperations {
  static let all = [list, info, sign, reload]

  static let list = AdminOperation.look(
    "plugin list", "List the libraries on the search path: what they offer, who uses it, and why the gateway refuses some.",
    .get("/plugins")
  ) { call in
    let inventory = try inventory(call)
    return Answer(.array(inventory.all().map { inventory.document($0) }))
  }

  static let info = AdminOperation.look(
    "plugin info", "Show one library of the search path, with the schema of each provider's configuration.", .get("/plugins/{name}"),
    [Inputs.pluginName.required]
  ) { call in
    let inventory = try inventory(call)
    let name = try call.input.require(Inputs.pluginName)
    let found = inventory.all().filter { library in
      library.offer?.id == name || library.path.split(separator: "/").last.map(String.init) == name
        || library.offer?.providers.contains { $0.name == name } == true
    }
    guard !found.isEmpty else { throw unknown(name, inventory) }
    return Answer(
      found.count == 1 ? inventory.document(found[0], isWhole: true) : .array(found.map { inventory.document($0, isWhole: true) }))
  }

  // MARK: Signatures

  static let sign = AdminOperation.act(
    "plugin sign", "Put a signature beside a library of the search path, if a trusted key made it for this very file.",
    .post("/plugins/{name}/signature"), [Inputs.library.required, Inputs.signature.required]
  ) { call in
    let inventory = try inventory(call)
    let path = try inventory.file(named: call.input.require(Inputs.library))
    let document = try Array(call.input.require(Inputs.signature).bytes)
    let new: PluginSignature
    do throws(PluginSignature.Malformed) { new = try PluginSignature(document) } catch {
      throw GatewayError(.toolInvalidArguments, "The signature \(error.reason).", suggestions: ["`plugin sign` makes it."])
    }
    do throws(PluginRefusal) {
      let (signature, signer) = try inventory.joining(new, beside: path)
      return AdminAction {
        try await NIOThreadPool.singleton.runIfActive { try SignatureFile.write(signature, beside: path) }
        return Answer(
          ["file": .string(path), "sha256": .string(new.sha256), "signer": LibraryInspection.signer(.signature(signer))],
          message: "\(path) is signed by '\(signer.name)' (\(signer.key.fingerprint)).")
      }
    } catch {
      throw GatewayError(.configurationInvalid, "Nothing was written: \(error.path): \(error.reason).", suggestions: [error.fix])
    }
  }.answering(
    .object(["file": .string, "sha256": .string, "signer": .object(["name": .string, "key": .string])]))

  // MARK: New builds

  static let reload = AdminOperation.act(
    "plugin reload", "Have a running gateway look for new builds now, and take them into use. What cannot take over changes nothing.",
    .post("/plugins/reload"), [Inputs.reloadedPlugin.optional]
  ) { call in
    let gateway = try call.running(for: "take new builds into use", otherwise: "Or send SIGHUP to the gateway's process.")
    let name = call.input.find(Inputs.reloadedPlugin)
    return AdminAction { try await gateway.plugins.reload(name) }
  }.answering(
    .object([
      "reloaded": .list(.object(["plugin": .string, "generation": .integer])),
      "failed": .list(.object(["plugin": .string, "generation": .integer, "reason": .string])),
      "refused": .list(.object(["file": .string, "rule": .string, "reason": .string, "fix": .string])),
    ]))

  private static func inventory(_ call: AdminCall) throws -> PluginInventory {
    call.reading.goesBeyond()
    let document = try call.document()
    let config = try ConfigReader.read(document.bytes, file: document.path, directory: FilePath.directory(of: document.path)).config
    return PluginInventory(config.plugins, executable: ExecutablePath(path: call.executablePath), gateway: call.gateway?.plugins)
  }

  private static func unknown(_ name: String, _ inventory: PluginInventory) -> GatewayError {
    let known = inventory.all().compactMap(\.offer).flatMap { [$0.id] + $0.providers.map(\.name) }
    return GatewayError(
      .configurationInvalid,
      "No library on the search path is called '\(Fields.shown(name))', has it for its id, or offers a provider of that name.",
      suggestions: [
        Suggestion.didYouMean(name, among: known).map { "\($0.prefix(1).uppercased())\($0.dropFirst())" } ?? "`plugin list` shows them."
      ])
  }
}
