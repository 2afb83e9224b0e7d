internal import JSON

/// The configuration file of an MCP client: somebody else's file, of which one member is ours.
struct ClientFile {
  let client: MCPClient
  /// Links followed.
  let path: String

  init(_ client: MCPClient, path: String) {
    self.client = client
    self.path = FilePath.resolvingLinks(path)
  }

  var exists: Bool { FileState(of: path) != nil }

  /// The entry of this name; nil when there is none.
  func entry(_ name: String) throws -> RawJSON? { exists ? try read().root[client.section]?[name] : nil }

  /// Puts the entry in place, or takes it out; the rest of the file stays as it is. Returns the backup's path, nil when there was no file.
  func set(_ entry: JSONObject?, named name: String) throws -> String? {
    do {
      guard exists else {
        guard let entry else { return nil }
        try create(["\(client.section)": .object([name: .object(entry)])])
        return nil
      }
      let (root, bytes, state) = try read()
      var edit = EditableJSON(root)
      let place: [EditableJSON.Step] = [.member(client.section), .member(name)]
      if let entry { edit.set(.object(entry), at: place) } else { edit.remove(at: place) }
      if let misfit = edit.misfit {
        throw GatewayError(.configurationInvalid, "\(path): \(misfit.isEmpty ? "the document" : misfit) is no object; nothing was changed.")
      }
      return try replace(edit.serialized(), bytes, state)
    } catch let failure as FileBytes.Failure {
      throw GatewayError(.configurationInvalid, "\(failure); nothing was changed.")
    }
  }

  private func create(_ document: JSONValue) throws(FileBytes.Failure) {
    try FileBytes.makeDirectory(FilePath.directory(of: path))
    try FileBytes.write(document.serialized(pretty: true) + [UInt8(ascii: "\n")], to: path, mode: 0o600, replacing: false)
  }

  private func replace(_ new: [UInt8], _ old: [UInt8], _ state: FileState) throws -> String {
    let staged = try StagedFile.write(new, for: path, mode: 0o600, owner: path)
    guard FileState(of: path) == state else {
      throw GatewayError(
        .unavailable, "\(path) was changed meanwhile; nothing was changed.", suggestions: ["Close the client, and try again."])
    }
    let backup = try BackupFiles(of: path).keep(old)
    try staged.replace()
    BackupFiles(of: path).prune()
    return backup
  }

  private func read() throws -> (root: RawJSON, bytes: [UInt8], state: FileState) {
    let file = try FileBytes.read(path, maxBytes: Limits.Config.maxDocumentBytes)
    let isEmpty = !file.bytes.contains { !" \t\r\n".utf8.contains($0) }
    do throws(JSONError) {
      return (try RawJSON(validating: isEmpty ? Array("{}".utf8) : file.bytes), file.bytes, file.state)
    } catch {
      let (line, column) = error.lineAndColumn(in: file.bytes)
      throw GatewayError(
        .configurationInvalid, "\(path):\(line):\(column): not valid JSON: \(error.reason.rawValue); nothing was changed.",
        suggestions: ["A file with comments is edited by hand: --dry-run shows the entry that belongs under \"\(client.section)\"."])
    }
  }
}
