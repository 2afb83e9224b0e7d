extension PluginCheck {
  static let process = provider(
    CheckRule(
      id: "process", summary: "The process that the plugin is a guest in stays as it was.",
      header:
        "R11: \"The process belongs to the host: a plugin changes no signal handlers, working directory, file mode mask, locale or environment "
        + "variables, leaves the descriptors 0 to 2 alone, starts no child processes, and does not end the process.\"",
      fix:
        "Use openat() and absolute paths, newlocale() and uselocale(), pthread_sigmask() in threads of your own, and return a status where you would exit."
    )
  ) { bench throws(CheckEnd) in
    // Loading has changed something already, perhaps: the state before that is the child's first.
    let before = bench.stateBeforeLoading ?? ProcessState.now()
    try bench.withInstance { instance throws(CheckEnd) in
      for question in bench.questions {
        guard instance.ask(question) != nil else { return }
      }
    }
    let after = ProcessState.now()
    for change in after.changes(since: before) { bench.fail("it has changed \(change)") }
    if after.hasChildren { bench.fail("it has started a child process") }
  }

  static let output = provider(
    CheckRule(
      id: "output", summary: "Nothing is written to standard output or standard error.",
      header: "R11: a plugin \"leaves the descriptors 0 to 2 alone\": over stdio, standard output carries the protocol.",
      fix: "Write through host->log; take out printf, println! and print. A telemetry provider whose purpose it is may, and says so.")
  ) { bench throws(CheckEnd) in
    guard bench.capturesOutput else { throw .skipped("output is not caught with --in-process") }
    // What is written is caught by the parent.
    try bench.withInstance { instance throws(CheckEnd) in
      for question in bench.questions {
        guard instance.ask(question) != nil else { return }
      }
      _ = instance.health()
    }
  }
}
