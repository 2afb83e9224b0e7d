internal import JSON

/// Collects what is wrong while a document is read, by position. A class, because every reader of a section adds to the same list.
final class Diagnostics {
  private struct Finding {
    var severity: ConfigProblem.Severity
    var offset: Int
    var reason: String
    var suggestion: String?
  }

  private var errors: [Finding] = []
  private var warnings: [Finding] = []
  private(set) var omittedErrors = 0
  /// Learns what the reader asks for; nil when a document is only read.
  let recorder: SchemaRecorder?

  init(recorder: SchemaRecorder? = nil) { self.recorder = recorder }

  /// A mistake at `place`: a value, or the key of a member.
  func error(at place: RawJSON, _ reason: String, _ suggestion: String? = nil) {
    guard errors.count < Limits.Config.maxProblems else { return omittedErrors += 1 }
    errors.append(Finding(severity: .error, offset: place.offset, reason: reason, suggestion: suggestion))
  }

  /// Something the operator should know, with which the gateway still starts.
  func warning(at place: RawJSON, _ reason: String, _ suggestion: String? = nil) {
    guard warnings.count < Limits.Config.maxProblems else { return }
    warnings.append(Finding(severity: .warning, offset: place.offset, reason: reason, suggestion: suggestion))
  }

  func refuse(_ protection: UnavailableProtection, at place: RawJSON) {
    error(at: place, protection.reason, protection.suggestion)
  }

  /// Everything found so far, in the order of the file.
  func problems(in root: RawJSON, of document: [UInt8], file: String) -> (errors: [ConfigProblem], warnings: [ConfigProblem]) {
    let locator = DocumentLocator(document: document, root: root)
    func problem(_ finding: Finding) -> ConfigProblem {
      let (line, column) = locator.lineAndColumn(of: finding.offset)
      return ConfigProblem(
        severity: finding.severity, file: file, line: line, column: column, pointer: locator.pointer(to: finding.offset),
        reason: finding.reason, suggestion: finding.suggestion)
    }
    return (errors.sorted { $0.offset < $1.offset }.map(problem), warnings.sorted { $0.offset < $1.offset }.map(problem))
  }
}

/// Turns positions in a document into what people look for: lines and pointers. Slow, and used for problems only.
struct DocumentLocator {
  let document: [UInt8]
  let root: RawJSON

  /// Both from 1; the column counts code points.
  func lineAndColumn(of offset: Int) -> (line: Int, column: Int) {
    let before = document.prefix(max(0, offset))
    let line = before.reduce(into: 1) { if $1 == UInt8(ascii: "\n") { $0 += 1 } }
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return (line, before[lineStart...].reduce(into: 1) { if $1 & 0xC0 != 0x80 { $0 += 1 } })
  }

  /// RFC 6901 pointer to the value that starts at `offset`, or to the member whose key does. Names of gateway keys are masked.
  func pointer(to offset: Int) -> String {
    var node = root
    var pointer = JSONPointer()
    while node.offset != offset, let step = step(from: node, at: pointer, towards: offset) {
      pointer = step.pointer
      guard !step.isAtKey else { break }
      node = step.node
    }
    return pointer.description
  }

  private func step(from node: RawJSON, at pointer: JSONPointer, towards offset: Int) -> (
    node: RawJSON, pointer: JSONPointer, isAtKey: Bool
  )? {
    for (key, value) in node.members where offset < value.offset + value.bytes.count {
      guard offset >= key.offset else { return nil }
      let name = key.stringValue ?? ""
      let shown = pointer.description == "/apikeys" ? Mask.key(name) : name
      return (value, pointer.appending(shown), offset < value.offset)
    }
    for (index, element) in node.elements.enumerated() where offset < element.offset + element.bytes.count {
      guard offset >= element.offset else { return nil }
      return (element, pointer.appending(index), false)
    }
    return nil
  }
}
