/// Every check, in the order in which they are made, and every rule.
enum PluginChecks {
  static let all: [PluginCheck] = [
    .ownership, .elf, .entrySymbol, .exports, .textRelocations, .executableStack, .dependencies, .neverUnloaded, .load, .entry, .abiVersion,
    .tables, .configSchema, .create, .refusedConfig, .health, .completion, .wellFormed, .ownHost, .borrowing, .unknown, .sizes,
    .concurrency,
    .cancel, .stop, .afterDestroy, .leaks, .process, .output, .services, .hostCalls, .state, .promises, .badText, .fuzz, .timing,
  ]

  /// Rules that any check may find broken.
  static let general = [
    CheckRule(
      id: "crash", summary: "Nothing that the header allows ends the process.",
      header:
        "R7: \"No exception, panic or longjmp crosses the boundary in either direction.\" In the gateway, a crash of a plugin is the gateway's.",
      fix:
        "Run the check again with --only and --in-process under a debugger. In C++ catch everything in each function, in Rust use catch_unwind and "
        + "panic = \"unwind\", in Swift avoid force unwraps, overflow and indices out of range."),
    CheckRule(
      id: "returns", summary: "Every function returns.",
      header: "R6: \"Operations run on a bounded pool where waiting briefly is allowed.\" cancel(): \"Must not wait.\"",
      fix: "Give everything that waits a deadline: that of the context, or the one that stop() gets; complete later instead of waiting."),
  ]

  static let rules: [CheckRule] = all.map(\.rule) + general

  static func check(_ id: String) -> PluginCheck? { all.first { $0.id == id } }
  static func rule(_ id: String) -> CheckRule? { rules.first { $0.id == id } }
}
