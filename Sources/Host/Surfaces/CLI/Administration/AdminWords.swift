internal import ArgumentParser
internal import JSON

// Words that several commands share.

struct ConfigWord: ParsableArguments {
  @Option(name: [.customLong("config-name"), .customLong("config-id")], help: "Name or id of the MCP config.") var config: String
  var input: JSONObject { ["config_name": .string(config)] }
}

struct ServerWord: ParsableArguments {
  @OptionGroup var config: ConfigWord
  @Option(help: "Name of the server.") var serverName: String
  var input: JSONObject { config.input.adding(["server_name": .string(serverName)]) }
}

struct ProjectWord: ParsableArguments {
  @Option(name: [.customLong("project-name"), .customLong("project-id")], help: "Name or id of the project.") var project: String
  var input: JSONObject { ["project_name": .string(project)] }
}

struct UserWord: ParsableArguments {
  @Option(name: [.customLong("email"), .customLong("user-id")], help: "E-mail address or id of the user.") var user: String
  var input: JSONObject { ["email": .string(user)] }
}

struct KeyWord: ParsableArguments {
  @Option(help: "The key's id, or the key; - reads it from standard input.") var apiKey: String
  func input() throws -> JSONObject { try ["api_key": .string(InputText.key(apiKey))] }
}

struct SearchWord: ParsableArguments {
  @Option(help: "Part of a name, whatever its case.") var searchTerm: String
  var input: JSONObject { ["search_term": .string(searchTerm)] }
}

struct OutputFileWord: ParsableArguments {
  @Option(help: "The file to write; - is standard output.") var outputFile: String
}

struct InputFileWord: ParsableArguments {
  @Option(help: "The file to read; - is standard input.") var inputFile: String
  func input() throws -> JSONObject { try ["document": InputText.document(inputFile).value] }
}

/// A policy as text or from a file, exactly one of them.
enum PolicyWords {
  static func policy(_ text: String?, _ file: String?, options: (text: String, file: String)) throws -> JSONValue? {
    switch (text, file) {
    case (nil, nil): return nil
    case (let text?, nil): return try InputText.object(text, option: options.text)
    case (nil, let file?): return try InputText.object("@" + file, option: options.file)
    case (_?, _?): throw GatewayError(.toolInvalidArguments, "Give \(options.text) or \(options.file), not both.")
    }
  }
}
