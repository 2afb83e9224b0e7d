internal import ArgumentParser
internal import Egress

/// A running gateway that an administrative command works on, instead of a file.
struct RemoteOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Work on a running gateway: URL of its REST API, such as http://127.0.0.1:8001.", discussion: "Without it: on the configuration file."
    ))
  var url: String?
  @Option(
    help: ArgumentHelp(
      "With --url: file with an administrator's key; - reads it from standard input.",
      discussion: "Without it: $ENKRYPT_ADMIN_KEY. A key never goes on a command line.", valueName: "path"))
  var keyFile: String?
  @Option(
    help: ArgumentHelp("With --url: PEM file of the authorities that it may be certified by, in place of the system's.", valueName: "path"))
  var ca: String?
  @Flag(help: "With --url: send the key to another machine over plain HTTP.") var allowPlaintext = false

  func validate() throws {
    if url == nil, keyFile != nil || ca != nil || allowPlaintext {
      throw ValidationError("--key-file, --ca and --allow-plaintext go with --url.")
    }
  }

  /// Nil: the command works on the file.
  func administration() throws(GatewayError) -> RemoteAdministration? {
    guard let url else { return nil }
    return try RemoteAdministration(
      url: url, key: GatewayKey.read(file: keyFile, variable: GatewayKey.adminVariable), tls: TLSProfile(authoritiesFile: ca),
      allowsPlaintext: allowPlaintext)
  }

  /// For commands that are about this machine.
  func refuse(_ reason: String) throws(GatewayError) {
    if url != nil { throw GatewayError(.toolInvalidArguments, reason) }
  }
}
