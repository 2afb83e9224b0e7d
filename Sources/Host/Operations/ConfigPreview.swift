internal import Glibc
package import JSON

extension GenerateConfig {
  /// What a dry run shows: the files that would be written, and what of the present configuration would go.
  /// - Throws: what the real run would refuse.
  package static func preview(_ input: Input, _ context: LocalContext) throws -> JSONValue {
    let path = FilePath.resolvingLinks(context.lookup.newFilePath)
    let folder = FilePath.directory(of: path)
    let isThere = FileState(of: path) != nil
    guard input.overwrite || !isThere else {
      throw GatewayError(
        .configurationInvalid, "\(path) exists already.", suggestions: ["Replace it with --overwrite; its keys then stop working."])
    }
    guard access(folder, F_OK) != 0 || access(folder, W_OK) == 0 else {
      throw GatewayError(.configurationInvalid, "The configuration cannot be written: \(folder) cannot be written to.")
    }
    return [
      "dry_run": true, "message": "Nothing was written.", "config_path": .string(path), "replaces": .bool(isThere),
      "lost": isThere ? try contents(of: path) : .null,
      "files": .array([path, folder + "/" + ConfigSchema.fileName, folder + "/gateway_key"].map(JSONValue.string)),
    ]
  }

  /// How much is in a configuration; null when it cannot be read as one, which does not keep it from being replaced.
  private static func contents(of path: String) throws -> JSONValue {
    let bytes = try FileBytes.read(path, maxBytes: Limits.Config.maxDocumentBytes).bytes
    do throws(JSONError) {
      let root = try RawJSON(validating: bytes, limits: JSONLimits(maxBytes: Limits.Config.maxDocumentBytes))
      let sections = ["mcp_configs", "projects", "users", "apikeys"]
      return .object(sections.reduce(into: JSONObject()) { $0[$1] = .int(root[$1]?.itemCount ?? 0) })
    } catch { return .null }
  }
}
