import Foundation

/// A private certificate authority with a server's and a client's certificate, made by the openssl command in a folder of its own.
final class Certificates: Sendable {
  let folder: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "egress-tls-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try makeAuthority("ca")
    try makeAuthority("other-ca")
    try issue("server", "subjectAltName=DNS:localhost,DNS:origin.test,IP:127.0.0.1", by: "ca")
    try issue("client", "extendedKeyUsage=clientAuth", by: "ca")
    try issue("stranger", "extendedKeyUsage=clientAuth", by: "other-ca")
    try issue("elsewhere", "subjectAltName=DNS:elsewhere.test", by: "ca")
  }

  deinit {
    do { try FileManager.default.removeItem(atPath: folder) } catch { print("cannot remove \(folder): \(error)") }
  }

  /// The path of a PEM file: `ca.pem`, `server.pem`, `server.key`.
  subscript(name: String) -> String { folder + "/" + name }

  private func makeAuthority(_ name: String) throws {
    try openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-keyout",
      self["\(name).key"], "-out", self["\(name).pem"])
  }

  private func issue(_ name: String, _ extensions: String, by authority: String) throws {
    try openssl(
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)", "-keyout", self["\(name).key"],
      "-out",
      self["\(name).csr"])
    try Data(extensions.utf8).write(to: URL(filePath: self["\(name).ext"]))
    try openssl(
      "x509", "-req", "-days", "2", "-in", self["\(name).csr"], "-CA", self["\(authority).pem"], "-CAkey", self["\(authority).key"],
      "-CAcreateserial", "-extfile", self["\(name).ext"], "-out", self["\(name).pem"])
  }

  private func openssl(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CocoaError(.executableLoad, userInfo: [NSDebugDescriptionErrorKey: "openssl \(arguments)"])
    }
  }
}

/// `openssl s_server -www`: it answers every GET with a page that tells about the TLS connection, and closes.
final class TLSServer {
  let port: Int
  private let process = Process()

  init(_ certificates: Certificates, _ options: String..., certificate: String = "server") throws {
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      [
        "openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificates["\(certificate).pem"], "-key",
        certificates["\(certificate).key"],
      ]
      + options
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    // It prints ACCEPT 127.0.0.1:PORT when it listens.
    var text = ""
    while !text.contains("\n") || !text.contains("ACCEPT ") {
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { throw CocoaError(.executableLoad) }
      text += String(decoding: more, as: UTF8.self)
    }
    let line = text.split(separator: "\n").first { $0.hasPrefix("ACCEPT ") } ?? ""
    port = line.split(separator: ":").last.flatMap { Int($0) } ?? 0
  }

  deinit {
    // It may have inherited a mask that blocks SIGTERM. Foundation reaps it.
    kill(process.processIdentifier, SIGKILL)
  }
}
