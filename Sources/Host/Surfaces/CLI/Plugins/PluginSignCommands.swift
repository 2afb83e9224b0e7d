internal import ArgumentParser
internal import JSON

extension PluginCommand {
  struct GenerateKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "generate-key", abstract: "Make a key for signing plugins.",
      discussion: """
        The private key goes into a file that only you can read (PEM, without a passphrase) and is never shown. Printed are the public key and the \
        fingerprint by which signatures name it; `plugin trust add-key` takes the public key.
        """)

    @Option(help: ArgumentHelp("The file to write; it must not be there yet.", valueName: "path")) var file: String
    @Option(help: "json, table or yaml. Without it: a table on a terminal, JSON elsewhere.") var output: OutputFormat?

    func run() async throws {
      try await Command.run {
        let key = try SigningKey.generate()
        let pem = try key.pem()
        do throws(FileBytes.Failure) { try FileBytes.write(pem, to: file, mode: 0o600, replacing: false) } catch {
          throw GatewayError(.operationFailed, "The key cannot be written: \(error).")
        }
        Output.tell("The private key is in \(file). Keep it where the gateway is not.")
        try Output.show(["public_key": .string(key.publicKey.base64), "key": .string(key.publicKey.fingerprint)], as: output)
      }
    }
  }

  struct Sign: AdminChangeCommand {
    static let operation = PluginOperations.sign
    static let discussion = """
      Signs the file: the signature goes beside it, into FILE.sig, together with those of other keys for the same bytes. With --install or --url, the \
      signature goes beside the library of the same name on the search path instead, if a trusted key made it and the library there is the same file.
      """
    @Argument(help: "The library, e.g. plugins/libLength.so.") var file: String
    @Option(
      help: ArgumentHelp(
        "PEM file of the private key, which only you may be able to read; - reads it from standard input.", valueName: "path"))
    var key: String?
    @Option(help: ArgumentHelp("With --install or --url, in place of --key: a signature that was made before.", valueName: "path"))
    var signature: String?
    @Flag(help: "Put the signature beside the library of this name on the search path.") var install = false
    @OptionGroup var options: ChangeOptions

    private var isInstalled: Bool { install || place.remote.url != nil }

    func validate() throws {
      guard (key == nil) != (signature == nil) else { throw ValidationError("Give --key, or --signature with --install or --url.") }
      guard signature == nil || isInstalled else { throw ValidationError("--signature goes with --install or --url.") }
      guard isInstalled || !options.dryRun && options.ifMatch == nil else {
        throw ValidationError("--dry-run and --if-match go with --install or --url.")
      }
    }

    func input() throws -> JSONObject {
      let document = if let signature { try InputText.document(signature).value } else { try made().signature.document }
      return ["name": .string(FilePath.name(of: file)), "signature": document]
    }

    func run() async throws {
      try await Command.run {
        if isInstalled { return try await operate() }
        let (signature, key) = try made()
        try SignatureFile.write(signature, beside: file)
        Output.tell("Written to \(SignatureFile.path(of: file))")
        try Output.show(["file": .string(file), "sha256": .string(signature.sha256), "key": .string(key.fingerprint)], as: place.output)
      }
    }

    /// The signatures of the file with one by the key.
    private func made() throws -> (signature: PluginSignature, key: SigningPublicKey) {
      let key = try KeyFile.privateKey(key ?? "-")
      let sha256: String
      do throws(PluginRefusal) { sha256 = try LibraryInspector.sha256(of: file) } catch {
        throw GatewayError(.toolInvalidArguments, "\(error.path): \(error.reason).", suggestions: [error.fix])
      }
      let before = SignatureFile.usable(of: file)
      let unsigned = PluginSignature(sha256: sha256, entries: before?.sha256 == sha256 ? before?.entries ?? [] : [])
      let signed = try unsigned.signed(by: key)
      guard signed.entries.count <= Limits.Plugin.maxSignatures else {
        throw GatewayError(
          .toolInvalidArguments, "\(SignatureFile.path(of: file)) has \(Limits.Plugin.maxSignatures) signatures, which is the most.",
          suggestions: ["Remove it, and sign anew."])
      }
      return (signed, key.publicKey)
    }
  }

  struct Reload: AdminChangeCommand {
    static let operation = PluginOperations.reload
    static let discussion = """
      Asks the gateway at --url; without it, the one whose REST API the configuration describes (admin_api.enabled). The key of an administrator is in \
      $ENKRYPT_ADMIN_KEY or --key-file. Exit status 1 when a build could not take over or was refused; the one in use then goes on.
      """
    @Argument(help: "File name or id of a library, or the name of a provider. Without it, all.") var plugin: String?
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { plugin.map { ["name": .string($0)] } ?? [:] }

    func run() async throws {
      try await Command.run {
        var here = self
        if here.options.place.remote.url == nil { here.options.place.remote.url = try configuredURL() }
        try await here.operate()
      }
    }

    /// Of the REST API that the configuration describes; nil when it describes none.
    private func configuredURL() throws -> String? {
      let settings = try StandaloneAPI.settings(of: place.config.context().lookup.find())
      guard settings.isEnabled, settings.port != 0 else { return nil }
      let isAnywhere = settings.host == "0.0.0.0" || settings.host == "::"
      let host = isAnywhere ? "127.0.0.1" : settings.host
      return "\(settings.tls == nil ? "http" : "https")://\(host.contains(":") ? "[\(host)]" : host):\(settings.port)"
    }
  }
}
