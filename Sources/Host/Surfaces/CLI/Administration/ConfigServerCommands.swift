internal import ArgumentParser
internal import JSON

/// `config …`: the servers of an MCP config and their policies.
extension ConfigCommand {
  struct ListServers: AdminCommand {
    static let operation = ServerOperations.list
    @OptionGroup var config: ConfigWord
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { config.input }
  }

  struct GetServer: AdminCommand {
    static let operation = ServerOperations.get
    @OptionGroup var server: ServerWord
    @Flag(help: "Show environment variables, headers and arguments in clear.") var showSecrets = false
    @OptionGroup var place: PlaceOptions
    func input() -> JSONObject { server.input.adding(["show_secrets": .bool(showSecrets)]) }
  }

  /// How a server is reached and what it offers.
  struct ServerWords: ParsableArguments {
    @Option(help: "The program that is the server.") var serverCommand: String?
    @Option(
      parsing: .upToNextOption,
      help: "Arguments of the command. One that begins with a hyphen is written --args=-y; the option can be given several times.")
    var args: [String] = []
    @Option(help: "Environment variables of the command: a JSON object, or @FILE.") var env: String?
    @Option(help: "URL of a server over HTTP, instead of a command.") var serverUrl: String?
    @Option(help: "With a URL: http or sse; without it, both are tried.") var transport: String?
    @Option(help: "With a URL: headers sent with every request: a JSON object, or @FILE.") var headers: String?
    @Option(help: "Tools of the server: a JSON object of name to description, or @FILE. {} asks the server.") var tools: String?
    @Option(help: "What the server is for.") var description: String?

    func input() throws -> JSONObject {
      var input: JSONObject = [:]
      let texts = [("server_command", serverCommand), ("server_url", serverUrl), ("transport", transport), ("description", description)]
      for (name, text) in texts { if let text { input[name] = .string(text) } }
      for (name, text) in [("env", env), ("headers", headers), ("tools", tools)] {
        if let text { input[name] = try InputText.object(text, option: "--" + name) }
      }
      if !args.isEmpty { input["args"] = .array(args.map(JSONValue.string)) }
      return input
    }
  }

  struct AddServer: AdminChangeCommand {
    static let operation = ServerOperations.add
    @OptionGroup var server: ServerWord
    @OptionGroup var words: ServerWords
    @Option(help: "Guardrail policy on the way to the server: a JSON object, or @FILE.") var inputGuardrailsPolicy: String?
    @Option(help: "Guardrail policy on the way back: a JSON object, or @FILE.") var outputGuardrailsPolicy: String?
    @OptionGroup var options: ChangeOptions

    func input() throws -> JSONObject {
      var input = try server.input.adding(words.input())
      for (name, text) in [("input_guardrails_policy", inputGuardrailsPolicy), ("output_guardrails_policy", outputGuardrailsPolicy)] {
        if let text { input[name] = try InputText.object(text, option: "--" + name.replacing("_", with: "-")) }
      }
      return input
    }
  }

  struct UpdateServer: AdminChangeCommand {
    static let operation = ServerOperations.update
    @OptionGroup var server: ServerWord
    @OptionGroup var words: ServerWords
    @OptionGroup var options: ChangeOptions
    func input() throws -> JSONObject { try server.input.adding(words.input()) }
  }

  struct RemoveServer: AdminChangeCommand {
    static let operation = ServerOperations.remove
    @OptionGroup var server: ServerWord
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { server.input }
  }

  struct RemoveAllServers: AdminChangeCommand {
    static let operation = ServerOperations.removeAll
    @OptionGroup var config: ConfigWord
    @OptionGroup var options: ChangeOptions
    func input() -> JSONObject { config.input }
  }

  struct PolicyWord: ParsableArguments {
    @Option(help: "The policy as a JSON object.") var policy: String?
    @Option(help: "A file with the policy.") var policyFile: String?

    func input() throws -> JSONObject {
      guard let policy = try PolicyWords.policy(policy, policyFile, options: ("--policy", "--policy-file")) else {
        throw GatewayError(.toolInvalidArguments, "Give --policy or --policy-file.")
      }
      return ["policy": policy]
    }
  }

  struct UpdateInputGuardrails: AdminChangeCommand {
    static let operation = PolicyOperations.updateInput
    @OptionGroup var server: ServerWord
    @OptionGroup var policy: PolicyWord
    @OptionGroup var options: ChangeOptions
    func input() throws -> JSONObject { try server.input.adding(policy.input()) }
  }

  struct UpdateOutputGuardrails: AdminChangeCommand {
    static let operation = PolicyOperations.updateOutput
    @OptionGroup var server: ServerWord
    @OptionGroup var policy: PolicyWord
    @OptionGroup var options: ChangeOptions
    func input() throws -> JSONObject { try server.input.adding(policy.input()) }
  }

  struct UpdateGuardrails: AdminChangeCommand {
    static let operation = PolicyOperations.updateBoth
    @OptionGroup var server: ServerWord
    @Option(help: "The policy on the way to the server, as a JSON object.") var inputPolicy: String?
    @Option(help: "A file with that policy.") var inputPolicyFile: String?
    @Option(help: "The policy on the way back, as a JSON object.") var outputPolicy: String?
    @Option(help: "A file with that policy.") var outputPolicyFile: String?
    @OptionGroup var options: ChangeOptions

    func input() throws -> JSONObject {
      var input = server.input
      input["input_policy"] = try PolicyWords.policy(inputPolicy, inputPolicyFile, options: ("--input-policy", "--input-policy-file"))
      input["output_policy"] = try PolicyWords.policy(outputPolicy, outputPolicyFile, options: ("--output-policy", "--output-policy-file"))
      return input
    }
  }
}
