extension PluginCheck {
  static let services = provider(
    CheckRule(
      id: "services", summary: "Services that are missing, refuse, or answer nonsense end in a failure, not in a crash.",
      header:
        "get_interface(): \"NULL when this host does not offer it to this provider\". smg_http_response.status and smg_host_http.start() say how requests end.",
      fix:
        "Test what get_interface() returned, complete the call with SMG_E_UNAVAILABLE when a request cannot be made or fails, and check answers "
        + "before you use them.")
  ) { bench throws(CheckEnd) in
    let nonsense = ["", "{", "[]", "{}", "null", "\"\"", #"{"error":{"message":"x"}}"#, String(repeating: "[", count: 2_000)]
    let kinds: [CheckHost.HTTP] =
      [.down, .refuses] + nonsense.map { .answers(code: 200, body: Array($0.utf8)) }
      + [
        .answers(code: 200, body: [0xFF, 0x00, 0xC3]), .answers(code: 204, body: []), .answers(code: 500, body: [0x7B]),
        .answers(code: 0, body: []),
      ]
    for http in kinds where !bench.log.hasFailures {
      try bench.withInstance(CheckHost.Services(http: http)) { instance throws(CheckEnd) in ask(instance, bench) }
    }
    try withoutServices(bench)
  }

  /// A provider that cannot do without one may refuse to be created.
  private static func withoutServices(_ bench: CheckBench) throws(CheckEnd) {
    do throws(CheckInstance.Refused) {
      let instance = try CheckInstance(bench, config: bench.config, services: CheckHost.Services(isOffered: false))
      ask(instance, bench)
      if !bench.log.hasFailures { instance.end() }
    } catch {
      bench.log.note("without services create() refuses: \(error.text)")
    }
  }

  private static func ask(_ instance: CheckInstance, _ bench: CheckBench) {
    for question in bench.questions.prefix(6) where !bench.log.hasFailures { instance.ask(question) }
  }

  static let hostCalls = provider(
    CheckRule(
      id: "host-calls", summary: "Log lines, metrics, timers and requests are given to the host as the header wants them.",
      header:
        "smg_host.log, smg_host_metrics.record, smg_host_timer.after and smg_host_http.start say what they take; names are letters, digits and _ - . /.",
      fix: "Set size, give finite values and valid UTF-8, and no function pointer that is NULL.")
  ) { bench throws(CheckEnd) in
    try bench.withInstance { instance throws(CheckEnd) in
      for question in bench.questions {
        guard instance.ask(question) != nil else { return }
      }
    }
  }
}
