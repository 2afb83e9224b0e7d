internal import JSON

/// The record of administrative changes.
enum AuditOperations {
  static let all = [verify, export]

  static let verify = AdminOperation.look(
    "audit verify", "Check that no line of the audit record was changed or taken out.", .get("/audit/verify")
  ) { call in
    let found = try read(call.audit) { _ in }
    var report: JSONObject = [
      "valid": .bool(found.firstBreak == nil), "entries": .int(found.entries), "first_sequence": .int(found.firstSequence ?? 0),
      "last_sequence": .int(found.lastSequence), "head": .string(found.head), "incomplete_last_line": .bool(found.hasIncompleteLine),
    ]
    if let broken = found.firstBreak {
      report["first_broken"] = ["file": .string(broken.file), "line": .int(broken.line), "reason": .string(broken.reason)]
      return Answer(.object(report), message: "The record is broken at \(broken.file):\(broken.line): \(broken.reason).", isBad: true)
    }
    return Answer(.object(report), message: "The record is whole: \(found.entries) line(s).")
  }.answering(.open(["valid": .boolean, "entries": .integer, "first_sequence": .integer, "last_sequence": .integer, "head": .string]))

  static let export = AdminOperation.look(
    "audit export", "Give out the audit record, up to the first broken line.", .get("/audit"), needs: .administer
  ) { call in
    var lines: [JSONValue] = []
    let found = try read(call.audit) { line in
      if let entry = AuditLine(line) { lines.append(entry.raw.value) }
    }
    let broken = found.firstBreak.map { "The record is broken at \($0.file):\($0.line): \($0.reason); the rest is left out." }
    return Answer(.array(lines), message: broken ?? "", isBad: broken != nil)
  }.answering(.list(.open([:])))

  private static func read(_ log: AuditLog, _ visit: (ArraySlice<UInt8>) -> Void) throws -> AuditVerification {
    do throws(FileBytes.Failure) { return try AuditVerification(log, visit: visit) } catch {
      throw GatewayError(.configurationInvalid, "The audit record cannot be read: \(error)")
    }
  }
}
