internal import Glibc
internal import JSON

/// Verdicts and rules as text for people.
enum CheckText {
  /// A line, and below it what is broken, what the header says and what to do.
  static func verdict(_ document: JSONValue) -> String {
    let verdict = CheckReport.explained(document)
    let status = verdict["status"]?.stringValue ?? ""
    let provider = verdict["provider"]?.stringValue.map { " (\($0))" } ?? ""
    let padding = String(repeating: " ", count: max(1, 6 - status.count))
    var lines = ["\(status)\(padding)\(verdict["check"]?.stringValue ?? "")\(provider)"]
    var shown = Set<String>()
    for reason in verdict["reasons"]?.arrayValue ?? [] {
      let rule = reason["rule"]?.stringValue ?? ""
      let other = rule == verdict["check"]?.stringValue ? "" : " [\(rule)]"
      lines.append("        \(reason["text"]?.stringValue ?? "")\(other)")
      guard status == "fail" || status == "warn", shown.insert(rule).inserted else { continue }
      if let header = reason["header"]?.stringValue, !header.isEmpty { lines.append("        header: \(header)") }
      if let fix = reason["fix"]?.stringValue, !fix.isEmpty { lines.append("        -> \(fix)") }
    }
    for note in verdict["notes"]?.arrayValue ?? [] { lines.append("        \(note.stringValue ?? "")") }
    for timing in verdict["timings"]?.arrayValue ?? [] { lines.append("        " + line(of: timing)) }
    return lines.joined(separator: "\n")
  }

  private static func line(of timing: JSONValue) -> String {
    func time(_ name: String) -> String {
      let nanoseconds = timing[name]?.intValue ?? 0
      return nanoseconds < 10_000_000 ? "\(Double(nanoseconds / 100) / 10) µs" : "\(nanoseconds / 1_000_000) ms"
    }
    return "\(timing["operation"]?.stringValue ?? "") of \(timing["input"]?.stringValue ?? ""): "
      + "least \(time("minimum_ns")), median \(time("median_ns")), most \(time("maximum_ns")), \(timing["count"]?.intValue ?? 0) calls"
  }

  static func rule(_ rule: CheckRule) -> String {
    let severity = rule.severity == .advice ? " (advice)" : ""
    return "\(rule.id)\(severity): \(rule.summary)\n    header: \(rule.header)\n    -> \(rule.fix)"
  }

  /// The lines of a file that are not empty.
  /// - Throws: when it cannot be read, or is too long.
  static func texts(in path: String) throws(GatewayError) -> [String] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw GatewayError(.configurationInvalid, "\(path) cannot be read: \(String(cString: strerror(errno))).")
    }
    defer { close(descriptor) }
    guard let bytes = HandedFile.read(descriptor, max: Limits.PluginCheck.maxTextBytes + 1), bytes.count <= Limits.PluginCheck.maxTextBytes,
      let text = String(validating: bytes, as: UTF8.self)
    else {
      throw GatewayError(
        .configurationInvalid, "\(path) is not a text of at most \(Limits.PluginCheck.maxTextBytes) bytes in UTF-8.")
    }
    let lines = text.split(separator: "\n").map { String($0) }
    guard lines.count <= Limits.PluginCheck.maxTexts else {
      throw GatewayError(.configurationInvalid, "\(path) has \(lines.count) lines; \(Limits.PluginCheck.maxTexts) are taken.")
    }
    return lines
  }
}
