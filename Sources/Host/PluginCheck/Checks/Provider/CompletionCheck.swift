extension PluginCheck {
  static let completion = provider(
    CheckRule(
      id: "completion", summary: "Each call is completed exactly once.",
      header:
        "R5: \"An operation that receives a smg_call completes it exactly once: before it returns or later, from any thread, through the host of the "
        + "instance that received it.\"",
      fix: "Follow every path through the operation to exactly one complete(), the paths of errors too. What fails completes with a status."
    )
  ) { bench throws(CheckEnd) in
    try bench.withInstance { instance throws(CheckEnd) in
      var lost = 0
      for question in bench.questions where instance.ask(question) == nil {
        lost += 1
        if lost == 2 { return }
      }
      _ = instance.health()
    }
  }

  static let wellFormed = provider(
    CheckRule(
      id: "well-formed", summary: "Verdicts, identities and messages are as the header wants them.",
      header:
        "R3: text is UTF-8. smg_verdict: replacements \"only with SMG_TRANSFORM\", \"at most one for each segment\", none of a member name; indices in "
        + "range; \"start <= end\"; score \"0 to 1\". smg_identity: subject \"not empty\".",
      fix:
        "Set size and value_size, keep indices below segment_count and offsets inside the text, in bytes, and give replacements only with "
        + "SMG_TRANSFORM. What is malformed counts as a failure, which on_failure then decides about.")
  ) { bench throws(CheckEnd) in
    var outcomes: [String: Int] = [:]
    try bench.withInstance { instance throws(CheckEnd) in
      for question in bench.questions {
        guard let answer = instance.ask(question) else { return }
        outcomes[Signature.word(answer.outcome), default: 0] += 1
      }
    }
    bench.log.note(outcomes.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", "))
  }
}
