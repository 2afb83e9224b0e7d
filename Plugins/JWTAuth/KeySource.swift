internal import Glibc
internal import PluginSDK
internal import ServiceClient

/// Where the identity provider's keys come from.
enum KeySource: Sendable {
  /// They stand in the configuration.
  case fixed(KeySet)
  case file(String)
  case url(String)
}

/// Brings the text of a set of keys, from a file or over HTTP through the host.
struct KeyLoader: Sendable {
  let source: KeySource
  let timeoutSeconds: Double
  let http: HTTPClient?

  /// - Throws: `PluginError` that names the source and what is wrong with it; `CancellationError`.
  func load() async throws -> KeySet {
    switch source {
    case .fixed(let keys): keys
    case .file(let path): try Self.read(path)
    case .url(let url): try await fetch(url)
    }
  }

  private func fetch(_ url: String) async throws -> KeySet {
    guard let http else { throw PluginError.unavailable("the host offers no HTTP") }
    let deadline = MonotonicTime(nanoseconds: MonotonicTime.now.nanoseconds &+ UInt64(timeoutSeconds * 1e9))
    let request = HTTPRequest(
      "GET", url, headers: [("Accept", "application/jwk-set+json, application/json"), ("User-Agent", "secure-mcp-gateway")],
      deadline: deadline, maxResponseBytes: KeySet.maxBytes)
    let response: HTTPResponse
    do {
      response = try await http.send(request)
    } catch let error as PluginError {
      throw PluginError(error.status, "jwks_url gave no keys: \(error.message)")
    }
    guard response.status == 200 else { throw PluginError.unavailable("jwks_url gave no keys: HTTP \(response.status)") }
    do throws(KeySetError) {
      return try KeySet(response.body)
    } catch {
      throw PluginError.unavailable("what jwks_url answered cannot be used: \(error)")
    }
  }

  /// Reads a small file of the operator's.
  static func read(_ path: String) throws(PluginError) -> KeySet {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unavailable("jwks_file \(path) cannot be opened: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var state = stat()
    guard fstat(descriptor, &state) == 0, state.st_mode & S_IFMT == S_IFREG else {
      throw .unavailable("jwks_file \(path) is not a file")
    }
    var bytes = [UInt8](repeating: 0, count: KeySet.maxBytes + 1)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress.map { $0 + count }, $0.count - count) }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .unavailable("jwks_file \(path) cannot be read: \(String(cString: strerror(errno)))") }
      if got == 0 { break }
      count += got
    }
    do throws(KeySetError) {
      return try KeySet(Array(bytes[..<count]))
    } catch {
      throw .unavailable("jwks_file \(path) cannot be used: \(error)")
    }
  }
}
