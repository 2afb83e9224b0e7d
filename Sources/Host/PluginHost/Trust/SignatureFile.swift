internal import Glibc
internal import JSON

/// The file of signatures beside a library. What it says proves itself, so it matters neither who wrote it nor where it was on the way.
enum SignatureFile {
  static func path(of library: String) -> String { library + PluginSignature.suffix }

  /// Nil when there is none.
  static func read(of library: String) throws(PluginRefusal) -> PluginSignature? {
    let path = path(of: library)
    let bytes: [UInt8]
    do throws(FileBytes.Failure) { bytes = try FileBytes.read(path, maxBytes: Limits.Plugin.maxSignatureBytes).bytes } catch {
      if error.code == ENOENT { return nil }
      throw refusal(library, "its signature cannot be read: \(error)", "make \(path) a file of signatures that the gateway's user can read")
    }
    do throws(PluginSignature.Malformed) { return try PluginSignature(bytes) } catch {
      throw refusal(library, "its signature \(path) \(error.reason)", "get it again from its signer, or make a new one with `plugin sign`")
    }
  }

  /// Nil when there is none that can be read: whoever writes a new one loses nothing by that.
  static func usable(of library: String) -> PluginSignature? {
    do throws(PluginRefusal) { return try read(of: library) } catch { return nil }
  }

  static func write(_ signature: PluginSignature, beside library: String) throws(GatewayError) {
    let bytes = signature.document.serialized(pretty: true) + [UInt8(ascii: "\n")]
    do throws(FileBytes.Failure) { try FileBytes.write(bytes, to: path(of: library), mode: 0o644, replacing: true) } catch {
      throw GatewayError(.operationFailed, "The signature cannot be written: \(error).")
    }
  }

  private static func refusal(_ library: String, _ reason: String, _ fix: String) -> PluginRefusal {
    PluginRefusal(path: library, rule: .signature, reason: reason, fix: fix)
  }
}
