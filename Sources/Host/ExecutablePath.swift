internal import Glibc

/// Where this program lies, and what lies beside it.
package struct ExecutablePath: Sendable {
  /// Absolute, symbolic links resolved.
  package let path: String

  package init(path: String) { self.path = path }

  /// From `/proc/self/exe`, which no caller can set.
  package static func current() throws(GatewayError) -> ExecutablePath {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in text.baseAddress.map { readlink("/proc/self/exe", $0, text.count) } ?? -1 }
    }
    guard count > 0 else { throw GatewayError(.unavailable, "The gateway cannot find its own executable: /proc is not mounted.") }
    return ExecutablePath(path: String(decoding: buffer[..<count], as: UTF8.self))
  }

  /// The folder that holds it.
  package var folder: String {
    let folder = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
    return folder.isEmpty ? "/" : String(folder)
  }

  /// Installed: `../lib/secure-mcp-gateway/plugins`. In development: the build folder itself.
  package var defaultPluginFolder: String {
    let installed = folder + "/../lib/secure-mcp-gateway/plugins"
    return access(installed, F_OK) == 0 ? installed : folder
  }
}
