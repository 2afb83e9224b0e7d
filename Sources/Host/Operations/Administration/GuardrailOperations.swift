internal import JSON

/// What the guardrails of a running gateway are and say, over REST. The commands of the same names can also do without one.
enum GuardrailOperations {
  static let all = [list, test]

  static let list = AdminOperation.ask(
    GuardrailList.name,
    "List the guardrails in the order in which they judge, with what they can judge and the servers that have them judge it.",
    .get("/guardrails"), [Inputs.config.optional], needs: .read
  ) { call in try call.asking(GuardrailList.self, NoInput()) }
  .answering(
    .list(
      .open([
        "guardrail": .string, "provider": .string, "plugin": .string, "phases": .list(.string), "used_by": .list(.string),
        "on_failure": .string, "startup": .string,
      ])))

  static let test = AdminOperation.ask(
    GuardrailTest.name, "Have the guardrails of a server judge a text, and show what each of them says. Nothing is sent to the server.",
    .post("/guardrails/test"),
    [
      Inputs.config.optional, Inputs.serverName.required, Inputs.judgedText.optional, Inputs.judgedJSON.optional, Inputs.phase.optional,
      Inputs.judgedTool.optional,
    ], needs: .administer
  ) { call in
    let input = call.input
    let phase = input.find(Inputs.phase).flatMap(GuardrailTest.phase) ?? .input
    let question = GuardrailTest.Input(
      server: try input.require(Inputs.serverName), phase: phase, tool: input.find(Inputs.judgedTool) ?? "",
      content: try content(text: input.find(Inputs.judgedText), json: input.find(Inputs.judgedJSON)))
    return try call.asking(GuardrailTest.self, question)
  }.answering(
    .open([
      "server_name": .string, "phase": .string, "policy_name": .string, "outcome": .string,
      "guardrails": .list(.open(["guardrail": .string, "provider": .string, "action": .string])),
    ]))

  private static func content(text: String?, json: RawJSON?) throws(GatewayError) -> RawJSON {
    switch (text, json) {
    case (let text?, nil): return GuardrailTest.content(text)
    case (nil, let json?): return json
    case (nil, nil): throw AdminInput.wrong("The field 'input' is required, or 'content' in its place.", field: "input")
    case (_?, _?): throw AdminInput.wrong("Give 'input' or 'content', not both.", field: "content")
    }
  }
}
