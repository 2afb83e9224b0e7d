internal import Glibc
internal import JSON
internal import NIOCore

/// A record of administrative changes, or of attempts at them: JSON lines beside the configuration, mode 0600, only ever appended to. Each line holds the SHA-256 of the one
/// before, so that a line cannot be changed or taken out without breaking the chain from there on. Each is on disk before its change is.
package struct AuditLog: Sendable {
  /// Two records: nobody who is denied everything can fill the one of changes, whose oldest lines go when it is full.
  package enum Kind: String, Sendable, CaseIterable {
    case changes = ".audit.jsonl"
    case denials = ".audit-denied.jsonl"
  }

  package let path: String
  private let configPath: String

  /// The record of the configuration file at `configPath`, links followed.
  package init(configPath: String, of kind: Kind = .changes) {
    self.configPath = configPath
    path = configPath + kind.rawValue
  }

  /// What the first line of all names as the one before it.
  static let origin = String(repeating: "0", count: 64)

  /// Files put aside, oldest first, then the present one; those that exist.
  package var files: [String] {
    let old = (1...Limits.Audit.maxOldFiles).reversed().map { "\(path).\($0)" }
    return (old + [path]).filter { access($0, F_OK) == 0 }
  }

  /// - Throws: `operationFailed` when the line cannot be put on disk; then there must be no change either.
  package func append(_ entry: AuditEntry) throws(GatewayError) {
    try AuditGroup.shared.append(entry, of: path) { (entries) throws(GatewayError) in try write(entries) }
  }

  /// All lines by one write and one sync.
  func write(_ entries: [AuditEntry]) throws(GatewayError) {
    let lock = try FileLock.take(of: path, deadline: .now() + Limits.Audit.lockTimeout)
    defer { withExtendedLifetime(lock) {} }
    do throws(FileBytes.Failure) {
      var end = try AuditEnd(of: path)
      if end.bytes >= Limits.Audit.maxFileBytes {
        try putAside()
        end.bytes = 0
      }
      var bytes: [UInt8] = []
      for entry in entries {
        let line = entry.line(sequence: end.sequence + 1, previous: end.digest)
        end.sequence += 1
        end.digest = KeyDigest(of: line).hex
        bytes += line + [UInt8(ascii: "\n")]
      }
      try write(bytes, at: end.bytes)
    } catch {
      throw GatewayError(.operationFailed, "Nothing was changed, because the audit record cannot be written: \(error)")
    }
  }

  /// Over what a writer that was killed left of a line, which nobody was told of.
  private func write(_ lines: [UInt8], at end: Int) throws(FileBytes.Failure) {
    let isNew = access(path, F_OK) != 0
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw FileBytes.Failure(path: path, doing: "open") }
    defer { close(descriptor) }
    if isNew { FileOwner.adopt(descriptor, from: configPath) }
    guard ftruncate(descriptor, off_t(end)) == 0, lseek(descriptor, off_t(end), SEEK_SET) >= 0 else {
      throw FileBytes.Failure(path: path, doing: "write")
    }
    try FileBytes.writeAll(lines, to: descriptor, path: path)
    guard fsync(descriptor) == 0 else { throw FileBytes.Failure(path: path, doing: "sync") }
    if isNew { try FileBytes.syncDirectory(of: path) }
  }

  private func putAside() throws(FileBytes.Failure) {
    for number in (1..<Limits.Audit.maxOldFiles).reversed() {
      if rename("\(path).\(number)", "\(path).\(number + 1)") != 0, errno != ENOENT {
        throw FileBytes.Failure(path: path, doing: "put aside an older file of")
      }
    }
    guard rename(path, "\(path).1") == 0 else { throw FileBytes.Failure(path: path, doing: "put aside") }
  }
}

/// Where the record ends: what the next line has to know.
struct AuditEnd {
  /// Bytes of whole lines.
  var bytes = 0
  /// Number of the last line; 0 when there is none.
  var sequence = 0
  /// SHA-256 of the last line.
  var digest = AuditLog.origin

  init(of path: String) throws(FileBytes.Failure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else {
      guard errno == ENOENT else { throw FileBytes.Failure(path: path, doing: "open") }
      return
    }
    defer { close(descriptor) }
    // The last whole line, and perhaps a part of one more.
    let size = Int(lseek(descriptor, 0, SEEK_END))
    let start = max(0, size - 2 * (Limits.Audit.maxLineBytes + 4096))
    var tail = [UInt8](repeating: 0, count: size - start)
    let count = tail.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(start)) }
    guard count == tail.count else { throw FileBytes.Failure(path: path, doing: "read") }
    guard let lineEnd = tail.lastIndex(of: UInt8(ascii: "\n")) else {
      guard start == 0 else { throw FileBytes.Failure(path: path, reason: "has a line that is too long") }
      return
    }
    let before = tail[..<lineEnd].lastIndex(of: UInt8(ascii: "\n"))
    guard before != nil || start == 0 else { throw FileBytes.Failure(path: path, reason: "has a line that is too long") }
    let line = tail[(before.map { $0 + 1 } ?? 0)..<lineEnd]
    bytes = start + lineEnd + 1
    digest = KeyDigest(of: line).hex
    sequence = AuditLine(line)?.sequence ?? 0
  }
}

/// One line that was read.
struct AuditLine {
  let raw: RawJSON
  let sequence: Int
  let previous: String

  /// Nil when it is no line of a record.
  init?(_ bytes: ArraySlice<UInt8>) {
    do throws(JSONError) { raw = try RawJSON(validating: Array(bytes)) } catch { return nil }
    guard let sequence = raw["sequence"]?.intValue, sequence > 0, sequence < Int.max, let previous = raw["previous"]?.stringValue else {
      return nil
    }
    self.sequence = sequence
    self.previous = previous
  }
}
