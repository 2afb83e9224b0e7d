internal import Placeholders
internal import PluginSDK

/// Puts placeholders in place of what identifies people, and the values back in place of the placeholders.
///
/// The service finds the values; which placeholder stands for which of them is kept here, by session: its own are numbered anew with every request. A
/// placeholder that the sender wrote as plain text is hidden from the service, and is never restored as something else.
struct Redaction: Sendable {
  let api: EnkryptAPI
  let policy: EnkryptPolicy
  let deadline: MonotonicTime

  struct Result: Sendable {
    /// The message as it may go on.
    var segments: [Segment.Copy]
    var replacements: [Replacement]
    /// Member names cannot be replaced: places of those that identify somebody.
    var names: [Int]
    var callState: [UInt8]
    var sessionState: [UInt8]
  }

  /// A number of fewer digits is left as it is: replaced, it would be a string, and years and amounts would no longer be what the tool expects.
  static let fewestDigits = 7

  /// What the caller sends comes back; what others' texts have does not.
  func redact(_ request: GuardrailRequest.Copy) async throws -> Result {
    let isInput = request.phase == .input
    let indices = request.segments.indices.filter { Self.isRedactable(request.segments[$0]) }
    var result = Result(segments: request.segments, replacements: [], names: [], callState: [], sessionState: [])
    let texts = indices.map { request.segments[$0].text }
    let found = Set(texts.flatMap { PlaceholderText.placeholders(in: $0) })
    let cover = try LiteralCover(found, texts)
    let redacted = try await ask(texts.map(cover.hide))
    guard var call = PlaceholderMap(state: request.callState) else { throw PluginError.internal("the state of the call cannot be read") }
    let literals = isInput ? call.literals(among: found, on: request.surface) : found
    var session = PlaceholderMap(state: request.sessionState) ?? PlaceholderMap()
    var isSessionChanged = isInput && !literals.isSubset(of: session.literals)
    session.merge(call)
    var words: [String: String] = [:]
    for (theirs, value) in redacted.values {
      let value = cover.show(value)
      let (ours, isNew) = session.number(value, kind: PlaceholderText.parts(of: theirs).kind, literals: literals, isRestored: isInput)
      if isNew { isSessionChanged = true }
      if isInput { call.add(ours, value) }
      words[theirs] = ours
    }
    for (index, text) in zip(indices, redacted.texts) {
      let text = cover.show(PlaceholderText.exchange(in: text) { words[$0] })
      guard text != request.segments[index].text else { continue }
      if request.segments[index].kind.contains(.memberName) {
        result.names.append(index)
      } else {
        result.segments[index].text = text
        result.replacements.append(Replacement(segment: index, text: text))
      }
    }
    if isInput {
      call.literals.formUnion(literals)
      session.literals.formUnion(literals)
      call.surface = request.surface
      if !call.isEmpty || !call.literals.isEmpty { result.callState = call.state }
    }
    if isSessionChanged { result.sessionState = session.bounded.state }
    guard result.callState.count <= 1 << 20 else {
      throw PluginError.unavailable("a message with so many values to replace cannot be kept")
    }
    return result
  }

  private static func isRedactable(_ segment: Segment.Copy) -> Bool {
    guard !segment.text.isEmpty, !segment.kind.contains(.binary) else { return false }
    guard segment.kind.contains(.number) else { return true }
    return segment.text.utf8.count { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } >= fewestDigits
  }

  /// The texts with the service's placeholders, and what those stand for.
  private func ask(_ texts: [String]) async throws -> (texts: [String], values: [(placeholder: String, value: String)]) {
    guard !texts.isEmpty else { return ([], []) }
    let separator = TextSeparator(for: texts)
    let (answer, key) = try await api.redact(separator.join(texts), policy, deadline: deadline)
    let parts = separator.split(answer)
    guard parts.count == texts.count else { throw api.malformed("/guardrails/pii", "it has \(parts.count) texts of \(texts.count)") }
    let placeholders = PlaceholderText.placeholders(in: answer)
    guard !placeholders.isEmpty else { return (parts, []) }
    let restored = separator.split(try await api.restore(separator.join(placeholders), key: key, policy, deadline: deadline))
    guard restored.count == placeholders.count else {
      throw api.malformed("/guardrails/pii", "it restores \(restored.count) values of \(placeholders.count)")
    }
    // A placeholder that the service cannot restore stays one for ever.
    return (parts, zip(placeholders, restored).filter { $0 != $1 }.map { ($0, $1) })
  }

  /// What goes back to the caller who sent the values.
  /// - Throws: `PluginError.internal` when the call's state is not what `redact` left.
  static func restoring(_ request: GuardrailRequest.Copy) throws -> [Replacement] {
    guard !request.callState.isEmpty || !request.sessionState.isEmpty else { return [] }
    guard let call = PlaceholderMap(state: request.callState) else { throw PluginError.internal("the state of the call cannot be read") }
    let session = PlaceholderMap(state: request.sessionState) ?? PlaceholderMap()
    return request.segments.enumerated().compactMap { index, segment in
      guard !segment.kind.contains(.memberName), !segment.kind.contains(.binary), !segment.kind.contains(.number) else { return nil }
      return PlaceholderMap.restore(segment.text, call: call, session: session).map { Replacement(segment: index, text: $0) }
    }
  }
}
