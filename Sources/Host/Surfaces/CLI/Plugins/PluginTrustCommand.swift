internal import ArgumentParser
internal import JSON

extension PluginCommand {
  struct Trust: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "trust", abstract: "Which libraries may be loaded: the rule, trusted keys, listed hashes.",
      discussion: "A running gateway goes by a change at once. What it has loaded goes on until it is restarted.",
      subcommands: [List.self, Mode.self, AddKey.self, RevokeKey.self, RemoveKey.self, Allow.self, Disallow.self])

    struct List: AdminCommand {
      static let operation = PluginTrustOperations.list
      @OptionGroup var place: PlaceOptions
    }

    struct Mode: AdminChangeCommand {
      static let operation = PluginTrustOperations.mode
      @Argument(help: "any, allowlist or signed.") var mode: String
      @Flag(help: "Also if libraries that the configuration uses are refused then.") var force = false
      @OptionGroup var options: ChangeOptions
      func input() -> JSONObject { force ? ["mode": .string(mode), "force": true] : ["mode": .string(mode)] }
    }

    struct AddKey: AdminChangeCommand {
      static let operation = PluginTrustOperations.addKey
      @Option(name: [.customLong("name"), .customLong("key-name")], help: "Whose key it is; refusals and `plugin list` say it.") var name:
        String
      @Option(
        help: ArgumentHelp(
          "PEM file of the public key, or the key itself: 32 bytes in base64; - reads it from standard input.", valueName: "key"))
      var publicKey: String
      @OptionGroup var options: ChangeOptions

      func input() throws -> JSONObject {
        let isText = SigningPublicKey(base64: publicKey) != nil
        let text = isText ? publicKey : String(decoding: try KeyFile.read(publicKey), as: UTF8.self)
        let key = text.contains("-----") ? text : text.filter { !$0.isWhitespace }
        return ["key_name": .string(name), "public_key": .string(key)]
      }
    }

    struct RevokeKey: AdminChangeCommand {
      static let operation = PluginTrustOperations.revokeKey
      @Option(name: [.customLong("name"), .customLong("key-name")], help: "The key's name, or its fingerprint.") var name: String
      @OptionGroup var options: ChangeOptions
      func input() -> JSONObject { ["key_name": .string(name)] }
    }

    struct RemoveKey: AdminChangeCommand {
      static let operation = PluginTrustOperations.removeKey
      @Option(name: [.customLong("name"), .customLong("key-name")], help: "The key's name, or its fingerprint.") var name: String
      @OptionGroup var options: ChangeOptions
      func input() -> JSONObject { ["key_name": .string(name)] }
    }

    struct Allow: AdminChangeCommand {
      static let operation = PluginTrustOperations.allow
      @Option(help: "SHA-256 of the library.") var sha256: String?
      @Option(help: "File name of a library on the search path, as it is now.") var name: String?
      @Flag(help: "Those that were built and installed with the gateway.") var builtIn = false
      @OptionGroup var options: ChangeOptions

      func input() -> JSONObject {
        var input = JSONObject()
        if let sha256 { input["sha256"] = .string(sha256) }
        if let name { input["name"] = .string(name) }
        if builtIn { input["built_in"] = true }
        return input
      }
    }

    struct Disallow: AdminChangeCommand {
      static let operation = PluginTrustOperations.disallow
      @Option(help: "SHA-256 of the library.") var sha256: String
      @OptionGroup var options: ChangeOptions
      func input() -> JSONObject { ["sha256": .string(sha256)] }
    }
  }
}
