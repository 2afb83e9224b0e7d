internal import ArgumentParser

struct PluginCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin", abstract: "Plugins: what there is, new ones, checks, trust and new builds.",
    subcommands: [List.self, Info.self, New.self, Check.self, Sign.self, GenerateKey.self, Trust.self, Reload.self])
}
