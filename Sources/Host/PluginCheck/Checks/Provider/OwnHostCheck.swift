extension PluginCheck {
  static let ownHost = provider(
    CheckRule(
      id: "own-host", summary: "Several instances live side by side, each with its own host.",
      header:
        "R5: calls are completed \"through the host of the instance that received it\"; smg_host: \"What every instance gets: its own host table.\"",
      fix:
        "Keep the host that create() got in the instance (self), never in a global: during a change of the configuration the old and the new instance "
        + "live at once.")
  ) { bench throws(CheckEnd) in
    let first = try bench.create()
    let second = try bench.create()
    if first.pointer == second.pointer {
      bench.fail("two calls of create() gave the same *self, so that destroying one instance ends the other")
    }
    for instance in [first, second, first] where !bench.log.hasFailures { instance.ask(bench.plainQuestion) }
    second.end()
    if !bench.log.hasFailures { first.ask(bench.plainQuestion) }
    if !bench.log.hasFailures { first.end() }
  }
}
