internal import JSON

/// Walks through the whole record and checks the chain.
package struct AuditVerification {
  /// Where the chain breaks first.
  package struct Break: Sendable, Hashable {
    package var file: String
    /// From 1.
    package var line: Int
    package var reason: String
  }

  package private(set) var entries = 0
  package private(set) var firstSequence: Int?
  package private(set) var lastSequence = 0
  /// SHA-256 of the last line: noted elsewhere, it shows later that no line was taken off the end.
  package private(set) var head = AuditLog.origin
  /// What a killed writer left of a line; the next line takes its place.
  package private(set) var hasIncompleteLine = false
  package private(set) var firstBreak: Break?

  /// `visit` is given each line that is in order.
  package init(_ log: AuditLog, visit: (ArraySlice<UInt8>) -> Void = { _ in }) throws(FileBytes.Failure) {
    for file in log.files where firstBreak == nil {
      let bytes = try FileBytes.read(file, maxBytes: 2 * Limits.Audit.maxFileBytes).bytes
      var number = 0
      var rest = bytes[...]
      while firstBreak == nil, let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        number += 1
        let line = rest[..<end]
        rest = rest[(end + 1)...]
        if let reason = accept(line) { firstBreak = Break(file: file, line: number, reason: reason) } else { visit(line) }
      }
      guard firstBreak == nil, !rest.isEmpty else { continue }
      if file == log.path {
        hasIncompleteLine = true
      } else {
        firstBreak = Break(file: file, line: number + 1, reason: "the line is cut off")
      }
    }
  }

  /// Takes the next line; or says what is wrong with it.
  private mutating func accept(_ bytes: ArraySlice<UInt8>) -> String? {
    guard let line = AuditLine(bytes) else { return "this is no line of an audit record" }
    if entries == 0 {
      if line.sequence == 1, line.previous != AuditLog.origin { return "the first line names a line before it" }
      firstSequence = line.sequence
    } else {
      guard line.sequence == lastSequence + 1 else {
        return "its number is \(line.sequence), and \(lastSequence + 1) should follow"
      }
      guard line.previous == head else { return "it does not follow from the line before: that one was changed, or this one was put in" }
    }
    entries += 1
    lastSequence = line.sequence
    head = KeyDigest(of: bytes).hex
    return nil
  }
}
