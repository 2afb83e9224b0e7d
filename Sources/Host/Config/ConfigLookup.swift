internal import Glibc

/// Where a configuration comes from.
package struct ConfigSource: Sendable, Hashable, CustomStringConvertible {
  package enum Origin: String, Sendable, Hashable {
    /// `--config PATH`
    case commandLine = "--config"
    /// `SECURE_MCP_GATEWAY_CONFIG`
    case environment = "SECURE_MCP_GATEWAY_CONFIG"
    /// The path that containers mount.
    case container
    /// The user's own file.
    case user
    /// The example that is installed with the gateway. Its keys do not count.
    case example
    /// Nothing was found: the built-in document, which lets nobody in.
    case defaults
  }

  package var origin: Origin
  /// Absolute; nil for the built-in document.
  package var path: String?

  package init(origin: Origin, path: String?) {
    self.origin = origin
    self.path = path
  }

  /// How messages call it: the path, or "defaults".
  package var description: String { path ?? "defaults" }

  /// Whether somebody wrote this file for this gateway; only then do its keys count.
  package var isOwn: Bool { origin != .example && origin != .defaults }
}

/// The search for the configuration file: `--config`, `SECURE_MCP_GATEWAY_CONFIG`, the container's path, the user's file, the installed example, the
/// built-in defaults. A file that was named must exist; of the others the first that exists is taken.
package struct ConfigLookup: Sendable {
  package var explicitPath: String?
  package var environment: [String: String]
  package var isInContainer: Bool
  package var homeDirectory: String
  package var executablePath: String
  package var currentDirectory: String

  package init(
    explicitPath: String?, environment: [String: String], executablePath: String, isInContainer: Bool = ConfigLookup.detectContainer(),
    homeDirectory: String = FilePath.homeDirectory, currentDirectory: String = FilePath.currentDirectory
  ) {
    self.explicitPath = explicitPath
    self.environment = environment
    self.executablePath = executablePath
    self.isInContainer = isInContainer
    self.homeDirectory = homeDirectory
    self.currentDirectory = currentDirectory
  }

  package static let containerPath = "/app/.enkrypt/docker/enkrypt_mcp_config.json"

  /// Where `generate-config` writes unless it is told otherwise.
  package var userPath: String {
    let isMounted = isInContainer && access(FilePath.directory(of: Self.containerPath), W_OK) == 0
    return isMounted ? Self.containerPath : homeDirectory + "/.enkrypt/enkrypt_mcp_config.json"
  }

  private var candidates: [ConfigSource] {
    let container = ConfigSource(origin: .container, path: Self.containerPath)
    let user = ConfigSource(origin: .user, path: homeDirectory + "/.enkrypt/enkrypt_mcp_config.json")
    let prefix = FilePath.directory(of: FilePath.directory(of: executablePath))
    let installed = prefix + "/share/secure-mcp-gateway/example_enkrypt_mcp_config.json"
    return (isInContainer ? [container] : []) + [user, ConfigSource(origin: .example, path: installed)]
  }

  package func find() -> ConfigSource {
    if let explicitPath { return named(explicitPath, .commandLine) }
    if let path = environment[ConfigSource.Origin.environment.rawValue], !path.isEmpty { return named(path, .environment) }
    let existing = candidates.first { access($0.path ?? "", F_OK) == 0 }
    return existing ?? ConfigSource(origin: .defaults, path: nil)
  }

  private func named(_ path: String, _ origin: ConfigSource.Origin) -> ConfigSource {
    ConfigSource(origin: origin, path: FilePath.resolve(path, against: currentDirectory))
  }

  /// Whether this process runs in a container: Docker's and Podman's marker files, or a control group that a container runtime made.
  package static func detectContainer() -> Bool {
    if access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0 { return true }
    do {
      let groups = String(decoding: try FileBytes.read("/proc/1/cgroup", maxBytes: 64 << 10).bytes, as: UTF8.self)
      return ["docker", "kubepods", "containerd", "libpod"].contains { groups.contains($0) }
    } catch { return false }
  }
}
