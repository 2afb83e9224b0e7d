extension PluginCheck {
  static let borrowing = provider(
    CheckRule(
      id: "borrowing", summary: "Nothing that was lent is used after the function has returned, beyond its end, or for writing.",
      header:
        "R1: \"A pointer, in either direction, is valid until the function that it was passed to returns, not until the operation completes. Who "
        + "wants to keep the bytes copies them.\"",
      fix:
        "Copy texts, the configuration, headers and states before the function returns; use the length, since texts have no NUL at their end; and do not "
        + "write into what is lent.")
  ) { bench throws(CheckEnd) in
    try bench.withInstance(mode: .guarded) { instance throws(CheckEnd) in
      for question in bench.questions {
        guard instance.ask(question, mode: .guarded) != nil else { return }
      }
      _ = instance.health(mode: .guarded)
    }
    // Once more with answers to its requests, for what it does when they come.
    let services = CheckHost.Services(http: .answers(code: 200, body: Array("{}".utf8)))
    try bench.withInstance(services, mode: .guarded) { instance throws(CheckEnd) in
      instance.ask(bench.plainQuestion, mode: .guarded)
    }
  }
}
