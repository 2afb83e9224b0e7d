internal import JSON

/// A program that uses MCP servers, as far as its configuration file goes. Paths are those of Linux.
package enum MCPClient: String, Sendable, CaseIterable {
  case claudeDesktop = "claude-desktop"
  case claudeCode = "claude-code"
  case cursor
  case vscode
  case windsurf
  case geminiCLI = "gemini-cli"

  /// By the name that commands take; `claude` is the original's word for Claude Desktop.
  package init?(name: String) {
    if name == "claude" { self = .claudeDesktop } else { self.init(rawValue: name) }
  }

  /// The user's own file. `configHome` is XDG's, `~/.config` by default.
  func path(home: String, configHome: String) -> String {
    switch self {
    case .claudeDesktop: configHome + "/Claude/claude_desktop_config.json"
    case .claudeCode: home + "/.claude.json"
    case .cursor: home + "/.cursor/mcp.json"
    case .vscode: configHome + "/Code/User/mcp.json"
    case .windsurf: home + "/.codeium/windsurf/mcp_config.json"
    case .geminiCLI: home + "/.gemini/settings.json"
    }
  }

  /// The member of the file that holds the servers by name.
  var section: String { self == .vscode ? "servers" : "mcpServers" }

  /// What has to be done for the client to notice.
  var afterwards: String {
    switch self {
    case .claudeDesktop, .cursor: "Quit it completely and start it again."
    case .claudeCode, .geminiCLI: "Start a new session."
    case .vscode: "Start the server from the file, or reload the window."
    case .windsurf: "Refresh the servers in the Cascade panel."
    }
  }

  /// A server that the client starts.
  func entry(command: String, arguments: [String], key: String) -> JSONObject {
    let type: JSONObject = self == .vscode || self == .claudeCode ? ["type": "stdio"] : [:]
    return type.adding([
      "command": .string(command), "args": .array(arguments.map(JSONValue.string)), "env": .object([GatewayKey.variable: .string(key)]),
    ])
  }

  /// A server that the client reaches over HTTP; nil when its file knows none.
  func entry(url: String, key: String) -> JSONObject? {
    let headers: JSONValue = ["apikey": .string(key)]
    switch self {
    case .claudeDesktop: return nil
    case .claudeCode, .vscode: return ["type": "http", "url": .string(url), "headers": headers]
    case .cursor: return ["url": .string(url), "headers": headers]
    case .windsurf: return ["serverUrl": .string(url), "headers": headers]
    case .geminiCLI: return ["httpUrl": .string(url), "headers": headers]
    }
  }
}
