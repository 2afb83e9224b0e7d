internal import JSON

/// The record of administrative changes.
enum AuditOperations {
  static let all = [verify, export]

  static let verify = AdminOperation.look(
    "audit verify", "Check that no line of the audit record was changed or taken out.", .get("/audit/verify")
  ) { call in
    let found = try call.audit.map { try read($0) { _ in } }
    var report = Self.report(found[0])
    report["denied"] = .object(Self.report(found[1]))
    guard let broken = found.compactMap(\.firstBreak).first else {
      return Answer(.object(report), message: found[0].sentence("The record") + " " + found[1].sentence("What was denied"))
    }
    report["valid"] = false
    return Answer(.object(report), message: "The record is broken at \(broken.file):\(broken.line): \(broken.reason).", isBad: true)
  }.answering(
    .open([
      "valid": .boolean, "entries": .integer, "first_sequence": .integer, "last_sequence": .integer, "head": .string, "denied": .open([:]),
    ]))

  private static func report(_ found: AuditVerification) -> JSONObject {
    var report: JSONObject = [
      "valid": .bool(found.firstBreak == nil), "entries": .int(found.entries), "first_sequence": .int(found.firstSequence ?? 0),
      "last_sequence": .int(found.lastSequence), "head": .string(found.head), "incomplete_last_line": .bool(found.hasIncompleteLine),
    ]
    if let broken = found.firstBreak {
      report["first_broken"] = ["file": .string(broken.file), "line": .int(broken.line), "reason": .string(broken.reason)]
    }
    return report
  }

  static let export = AdminOperation.look(
    "audit export", "Give out the audit record, up to the first broken line.", .get("/audit"), needs: .administer
  ) { call in
    var lines: [JSONValue] = []
    let found = try call.audit.map { log in
      try read(log) { line in
        if let entry = AuditLine(line) { lines.append(entry.raw.value) }
      }
    }
    lines.sort { ($0["time"]?.stringValue ?? "") < ($1["time"]?.stringValue ?? "") }
    let broken = found.compactMap(\.firstBreak).first.map {
      "The record is broken at \($0.file):\($0.line): \($0.reason); the rest is left out."
    }
    return Answer(.array(lines), message: broken ?? "", isBad: broken != nil)
  }.answering(.list(.open([:])))

  private static func read(_ log: AuditLog, _ visit: (ArraySlice<UInt8>) -> Void) throws -> AuditVerification {
    do throws(FileBytes.Failure) { return try AuditVerification(log, visit: visit) } catch {
      throw GatewayError(.configurationInvalid, "The audit record cannot be read: \(error)")
    }
  }
}

extension AuditVerification {
  /// Of a record that is whole, as far as it is there.
  fileprivate func sentence(_ name: String) -> String {
    guard let firstSequence, firstSequence > 1 else { return "\(name) is whole: \(entries) line(s)." }
    return "\(name) is whole from line \(firstSequence) on: \(entries) line(s). The \(firstSequence - 1) before are not there any more."
  }
}
