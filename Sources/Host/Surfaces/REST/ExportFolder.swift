internal import Glibc
internal import JSON

/// The gateway's own folder of exports and backups, `backups` beside the configuration: the only files that callers of the API can name, and only by bare names.
struct ExportFolder: Sendable {
  let path: String

  init(configPath: String) { path = FilePath.directory(of: FilePath.resolvingLinks(configPath)) + "/backups" }

  func write(_ document: [UInt8], as name: String) throws {
    try Self.check(name, field: "output_file")
    do throws(FileBytes.Failure) {
      try FileBytes.makeDirectory(path)
      guard FileBytes.names(in: path).count < Limits.REST.maxExports else {
        throw FileBytes.Failure(path: "backups", reason: "holds \(Limits.REST.maxExports) files already: delete some", code: ENOSPC)
      }
      try FileBytes.write(document + [UInt8(ascii: "\n")], to: path + "/" + name, mode: 0o600, replacing: false)
    } catch  where error.code == EEXIST {
      throw GatewayError(.configurationInvalid, "There is a file '\(name)' in the backup folder already.")
    } catch {
      throw GatewayError(.configurationInvalid, "The file cannot be written: \(error.reason).")
    }
  }

  func read(_ name: String) throws -> RawJSON {
    try Self.check(name, field: "input_file")
    let bytes: [UInt8]
    do throws(FileBytes.Failure) {
      bytes = try FileBytes.read(path + "/" + name, maxBytes: Limits.Config.maxDocumentBytes).bytes
    } catch {
      throw GatewayError(.configurationInvalid, "The file '\(name)' of the backup folder cannot be read: \(error.reason).")
    }
    do throws(JSONError) { return try RawJSON(validating: bytes, limits: JSONLimits(maxBytes: Limits.Config.maxDocumentBytes)) } catch {
      throw GatewayError(.configurationInvalid, "The file '\(name)' of the backup folder is not valid JSON: \(error.reason.rawValue).")
    }
  }

  /// A name, and not a path: letters, digits, dots, hyphens and underscores, the first one no dot.
  static func check(_ name: String, field: String) throws(RESTRefusal) {
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: "._-".utf8.contains(byte)
      }
    }
    guard isPlain, (1...128).contains(name.utf8.count), !name.hasPrefix(".") else {
      throw .wrong(
        field, "'\(field)' must be the bare name of a file in the gateway's backup folder: letters, digits, '.', '-' and '_'.",
        suggestions: field == "output_file" ? ["Without it, the answer has the document."] : ["Send the document itself in 'document'."])
    }
  }
}
