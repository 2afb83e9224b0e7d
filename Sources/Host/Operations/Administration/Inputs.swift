internal import JSON

/// The fields of all administrative operations. The same word means the same everywhere.
package enum Inputs {
  static let config = Field<String>(oneOf: ["config_name", "config_id"], "Name or id of the MCP config.")
  static let configName = Field<String>("config_name", "Name of the new MCP config.")
  static let sourceConfig = Field<String>("source_config", "Name or id of the MCP config to copy.")
  static let targetConfig = Field<String>("target_config", "Name of the copy.")
  static let newName = Field<String>("new_name", "The new name.")

  static let serverName = Field<String>("server_name", "Name of the server.")
  static let serverCommand = Field<String>("server_command", "The program that is the server.")
  static let serverURL = Field<String>("server_url", "URL of a server over HTTP, instead of a command.")
  static let transport = Field<String>("transport", "With a URL: http or sse; without it, both are tried.")
  static let arguments = Field<[String]>("args", "Arguments of the command.")
  static let environment = Field<JSONObject>("env", "Environment variables of the command: an object of strings.")
  static let headers = Field<JSONObject>("headers", "With a URL: headers sent with every request: an object of strings.")
  static let tools = Field<JSONObject>("tools", "Tools of the server, name to description: only these are offered. {} asks the server.")
  static let description = Field<String>("description", "What the server is for.")
  static let showSecrets = Field<Bool>("show_secrets", "Show environment variables, headers and arguments in clear.")

  static let inputPolicyOfServer = Field<JSONObject>("input_guardrails_policy", "Guardrail policy on the way to the server.")
  static let outputPolicyOfServer = Field<JSONObject>("output_guardrails_policy", "Guardrail policy on the way back.")
  static let policy = Field<JSONObject>("policy", "The guardrail policy. It replaces the one that is there.")
  static let inputPolicy = Field<JSONObject>("input_policy", "Guardrail policy on the way to the server.")
  static let outputPolicy = Field<JSONObject>("output_policy", "Guardrail policy on the way back.")

  static let project = Field<String>(oneOf: ["project_name", "project_id"], "Name or id of the project.")
  static let projectName = Field<String>("project_name", "Name of the new project.")
  static let user = Field<String>(oneOf: ["email", "user_id"], "E-mail address or id of the user.")
  static let email = Field<String>("email", "E-mail address of the new user.")
  static let newEmail = Field<String>("new_email", "The new e-mail address.")
  static let force = Field<Bool>("force", "Delete the user's keys and memberships too.")

  static let key = Field<String>(["api_key"], "The key, or better its id; - reads it from standard input.", .key) { $0.stringValue }
  static let expiresAt = Field<String>("expires_at", "When the key expires, such as 2026-12-31T23:59:59Z. Without it, never.")
  static let role = Field<String>(
    ["role"], "What the key allows: user, to use the project's servers; or admin, to administer over REST too. Without it, user.", .string
  ) { value in value.stringValue.flatMap { KeyRole(rawValue: $0)?.rawValue } }
  static let overlapSeconds = Field<Int>("overlap_seconds", "How long the old key still works. Without it, it stops at once.")

  static let library = Field<String>("name", "File name of a library on the search path.")
  static let reloadedPlugin = Field<String>("name", "File name or id of a library, or the name of a provider. Without it, all.")
  static let signature = Field<RawJSON>("signature", "The signature file's document, as `plugin sign` makes it.", .json)
  static let signer = Field<String>("key_name", "The signer's name among the trusted keys.")
  static let publicKey = Field<String>("public_key", "Ed25519 public key: 32 bytes in base64, or the text of a PEM file.")
  static let trustMode = Field<String>(
    ["mode"], "any, allowlist or signed.", .string
  ) { value in value.stringValue.flatMap { PluginTrust.Mode(rawValue: $0)?.rawValue } }
  static let sha256 = Field<String>("sha256", "SHA-256 of the library, 64 hexadecimal digits.")
  static let builtIn = Field<Bool>("built_in", "Those that were built and installed with the gateway.")
  static let libraryToList = Field<String>("name", "File name of a library on the search path, as it is now.")
  static let forceTrust = Field<Bool>("force", "Also if libraries that the configuration uses are refused then.")

  static let discoverTools = Field<Bool>("discover_tools", "Start each server and list its tools.")
  static let query = Field<String>("query", "Only the tools that these words are about, the best first.")
  static let toolLimit = Field<Int>("limit", "With a query: at most so many tools.")

  static let judgedText = Field<String>("input", "The text.")
  static let judgedJSON = Field<RawJSON>("content", "In place of a text: JSON, to be judged in all its parts.", .json)
  static let phase = Field<String>(
    ["phase"], "What it is taken for: input (arguments of a call), output (an answer), tool or server (a definition). Without it, input.",
    .string
  ) { value in value.stringValue.flatMap { GuardrailTest.phase($0)?.word } }
  static let judgedTool = Field<String>("tool", "The tool that it belongs to.")

  static let pluginName = Field<String>("name", "File name or id of a library, or the name of a provider.")

  static let searchTerm = Field<String>("search_term", "Part of a name, whatever its case.")
  static let document = Field<RawJSON>("document", "The exported document.", .document)
  static let confirm = Field<Bool>("confirm", "Yes, really.")
}
