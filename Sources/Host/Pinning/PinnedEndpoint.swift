package import JSON

/// Where a server's words come from: its command with arguments, directory and names of variables, or its URL with names of headers. Other values of variables
/// and headers make no other server; they are secrets that change.
package struct PinnedEndpoint: Sendable, Hashable {
  /// SHA-256 of all of it, lower-case hex.
  package let digest: String
  /// As it may be shown, secrets masked.
  package let shown: JSONObject

  package init(_ reach: ServerReach) {
    switch reach {
    case .command(let command):
      let variables = command.environment.map { JSONValue.string($0.name) }
      func document(_ program: String, _ arguments: [String]) -> JSONObject {
        [
          "command": .string(program), "args": .array(arguments.map(JSONValue.string)), "env": .array(variables),
          "cwd": command.workingDirectory.map(JSONValue.string) ?? .null,
        ]
      }
      digest = DefinitionDigest.hex(of: .object(document(command.command, command.arguments)))
      shown = document(URLMask.masked(command.command), Mask.arguments(command.arguments))
    case .remote(let server):
      let headers = server.headers.map { JSONValue.string($0.name) }
      digest = DefinitionDigest.hex(of: ["url": .string(server.url), "headers": .array(headers)])
      shown = ["url": .string(URLMask.masked(server.url)), "headers": .array(headers)]
    }
  }

  init(digest: String, shown: JSONObject) {
    self.digest = digest
    self.shown = shown
  }
}
