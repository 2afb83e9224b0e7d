internal import ArgumentParser
internal import Glibc
internal import JSON

extension PluginCommand {
  struct List: AdminCommand {
    static let operation = PluginOperations.list
    @OptionGroup var place: PlaceOptions
  }

  struct Info: AdminCommand {
    static let operation = PluginOperations.info
    static let discussion = """
      A library anywhere is named by its path; its tables are read in a child process. One of the search path is named by its file name, by the plugin's \
      id or by a provider. Exit status 1 when the gateway would refuse it.
      """
    @Argument(help: "The library's path, or one of its names.") var library: String?
    @Option(help: "The library's file name, its id, or the name of a provider; for one of the search path.") var name: String?
    @OptionGroup var place: PlaceOptions

    func validate() throws {
      guard (library == nil) != (name == nil) else { throw ValidationError("Name one library: by its path or by --name.") }
    }

    func input() -> JSONObject { ["name": .string(name ?? library ?? "")] }

    func run() async throws {
      try await Command.run {
        guard place.remote.url == nil, let path = library, path.contains("/") || access(path, F_OK) == 0 else {
          return try await operate()
        }
        let inventory = PluginInventory(PluginsConfig(), executable: try place.config.context().executable)
        let found = inventory.library(at: path)
        try Output.show(inventory.document(found, isWhole: true), as: place.output)
        if found.refusal != nil { throw ExitCode(1) }
      }
    }
  }
}
