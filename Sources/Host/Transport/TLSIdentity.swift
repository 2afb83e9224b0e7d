internal import NIOSSL
internal import Synchronization

/// What the listener shows its clients: certificate and key, read again when a file changes. When new files cannot be used, the old ones go on.
package final class TLSIdentity: Sendable {
  private let settings: TLSSettings
  private let log: Log
  private let state: Mutex<State>

  private struct State {
    var context: NIOSSLContext
    /// The files as they were last looked at, whatever came of it.
    var files: [FileState?]
  }

  /// - Throws: which file cannot be used, and why.
  package init(_ settings: TLSSettings, setting: String = "gateway.tls", log: Log) throws(GatewayError) {
    self.settings = settings
    self.log = log
    let files = Self.files(of: settings)
    do {
      state = Mutex(State(context: try Self.context(settings), files: files))
    } catch {
      throw GatewayError(
        .configurationInvalid, "The TLS certificate or key cannot be used (\(setting)).", cause: "\(error)",
        suggestions: ["Check that certificate and key are PEM files that belong together: openssl x509 -in CERTIFICATE -noout -text"])
    }
  }

  /// For the next connection. Costs a look at each file's state.
  func current() -> NIOSSLContext {
    let files = Self.files(of: settings)
    return state.withLock { state in
      guard files != state.files else { return state.context }
      state.files = files
      do {
        state.context = try Self.context(settings)
        log.info("TLS certificate and key read again")
      } catch {
        log.error("TLS certificate or key changed and cannot be used; the old ones stay in effect", ["reason": "\(error)"])
      }
      return state.context
    }
  }

  private static func files(of settings: TLSSettings) -> [FileState?] {
    [settings.certificate, settings.key, settings.clientAuthorities].map { $0.flatMap { FileState(of: $0) } }
  }

  private static func context(_ settings: TLSSettings) throws -> NIOSSLContext {
    let chain = try NIOSSLCertificate.fromPEMBytes(read(settings.certificate))
    guard !chain.isEmpty else { throw FileBytes.Failure(path: settings.certificate, reason: "holds no certificate") }
    let key = try NIOSSLPrivateKey(bytes: read(settings.key), format: .pem)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    if let path = settings.clientAuthorities {
      let authorities = try NIOSSLCertificate.fromPEMBytes(read(path))
      guard !authorities.isEmpty else { throw FileBytes.Failure(path: path, reason: "holds no certificate") }
      configuration.trustRoots = .certificates(authorities)
      configuration.certificateVerification = .noHostnameVerification
    }
    return try NIOSSLContext(configuration: configuration)
  }

  private static func read(_ path: String) throws(FileBytes.Failure) -> [UInt8] {
    try FileBytes.read(path, maxBytes: Limits.Transport.maxTLSFileBytes).bytes
  }
}
