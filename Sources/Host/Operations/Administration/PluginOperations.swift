internal import JSON

/// The plugins on the search path.
enum PluginOperations {
  static let all = [list, info]

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

  private static func inventory(_ call: AdminCall) throws -> PluginInventory {
    let document = try call.document()
    let config = try ConfigReader.read(document.bytes, file: document.path, directory: FilePath.directory(of: document.path)).config
    return PluginInventory(config.plugins, executable: ExecutablePath(path: call.executablePath))
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
