internal import ArgumentParser

struct PluginCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin", abstract: "Plugins: check a library, begin a new one, see what there is.",
    subcommands: [List.self, Info.self, New.self, Check.self])
}
