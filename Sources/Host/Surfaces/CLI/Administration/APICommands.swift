internal import ArgumentParser
internal import JSON
internal import NIOCore

/// `system start-api` and `stop-api`: the REST API as a process of its own.
extension SystemCommand {
  struct StartAPI: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "start-api", abstract: "Serve the REST API in the foreground.",
      discussion: """
        The API can also be served by `serve` (admin_api.enabled). Administrators come with admin_apikey, which `system generate-admin-key` makes, or with a \
        key whose role is admin. SIGTERM, SIGINT and `system stop-api` let requests finish and stop.
        """)

    @OptionGroup var config: ConfigOption
    @Option(help: "Address to listen on, instead of admin_api.host.") var host: String?
    @Option(help: "Port to listen on, instead of admin_api.port; 0 lets the system choose.") var port: Int?
    @Flag(help: "Of the original; nothing is to be loaded again here: the configuration is always live.") var reload = false

    func validate() throws {
      guard port.map({ (0...65_535).contains($0) }) ?? true else { throw ValidationError("--port must be from 0 to 65535.") }
    }

    func run() async throws {
      try await Command.run {
        let context = try config.context()
        let api = try StandaloneAPI(context, host: host, port: port)
        try await api.run { settings, port in
          let host = settings.host.contains(":") && !settings.host.hasPrefix("[") ? "[\(settings.host)]" : settings.host
          Output.print("REST API  \(settings.scheme)://\(host):\(port)/api/v1\nPage      \(settings.scheme)://\(host):\(port)/docs")
        }
      }
    }
  }

  struct StopAPI: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "stop-api", abstract: "Stop the REST API that `system start-api` serves.",
      discussion: "Ends no other process, whatever listens on the port; `serve` is stopped where it runs.")

    @OptionGroup var config: ConfigOption
    @Option(help: "The port that it listens on, instead of admin_api.port.") var port: Int?
    @Flag(help: "If it does not end by itself in time, end it all the same.") var force = false

    func run() async throws {
      try await Command.run {
        let source = try config.context().lookup.find()
        guard let path = source.path else { throw GatewayError(.configurationMissing, "There is no configuration file.") }
        let port = try port ?? StandaloneAPI.settings(of: source).port
        try APIProcess(configPath: path, port: port).stop(force: force)
        Output.tell("The REST API on port \(port) has stopped.")
      }
    }
  }
}
