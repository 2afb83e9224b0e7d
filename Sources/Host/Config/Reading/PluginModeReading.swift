internal import Glibc
internal import JSON

/// `mode` and `sandbox` of a binding: in which process its provider runs, and what it may do there.
extension ConfigReader {
  func mode(_ fields: Fields) -> PluginMode {
    let word = fields.choice("mode", ModeWord.self)
    let rules = fields.object("sandbox", pluginSandbox)
    switch (word, rules) {
    case (.inProcess, _):
      if let value = fields.value("sandbox") {
        diagnostics.error(at: value, "has no effect with \"mode\": \"in_process\"", "take one of the two out")
      }
      return .inProcess
    // Whoever says what its process may do wants it to have one.
    case (.isolated, _), (nil, _?): return .isolated(rules ?? SandboxRules())
    case (nil, nil): return .automatic
    }
  }

  private enum ModeWord: String, CaseIterable {
    case inProcess = "in_process"
    case isolated
  }

  private func pluginSandbox(_ fields: Fields) -> SandboxRules {
    var rules = SandboxRules()
    rules.mayUseNetwork = fields.bool("network") ?? rules.mayUseNetwork
    for entry in fields.array("read") {
      guard let text = diagnostics.string(entry) else { continue }
      let path = FilePath.resolve(text, against: directory)
      if access(path, R_OK) != 0 {
        diagnostics.error(at: entry, "\(path) cannot be read: \(String(cString: strerror(errno)))", "name a file or folder that is there")
      }
      rules.readablePaths.append(path)
    }
    let memory = fields.int("memory_mb", in: Limits.Plugin.sandboxMegabytes)
    rules.memoryBytes = memory.map { $0 << 20 } ?? rules.memoryBytes
    return rules
  }
}
