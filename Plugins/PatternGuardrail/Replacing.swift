internal import Placeholders
internal import PluginSDK

/// Puts placeholders in the place of values, and the caller's values back in the place of their placeholders.
///
/// The session's map says which placeholder stands for which value, so that a value keeps its placeholder; the call's map has what this call sent, however much
/// else the session has seen. What a server's text had gets a number as well, but is never put back.
struct Replacing {
  private var session: PlaceholderMap
  private var call: PlaceholderMap
  private let isInput: Bool
  private let surface: String
  private var isSessionChanged = false
  /// Placeholders that stood in the message as plain text.
  private let literals: Set<String>

  /// - Throws: `PluginError.internal` when the call's state is not what this provider left.
  init(_ request: borrowing GuardrailRequest) throws {
    isInput = request.phase == .input
    surface = request.surface.string
    call = try Self.call(request)
    session = PlaceholderMap(state: request.sessionState.bytes) ?? PlaceholderMap()
    let found = Self.placeholders(in: request)
    literals = isInput ? call.literals(among: found, on: surface) : found
    session.merge(call)
  }

  private static func call(_ request: borrowing GuardrailRequest) throws -> PlaceholderMap {
    guard let call = PlaceholderMap(state: request.callState.bytes) else {
      throw PluginError.internal("the state of the call cannot be read")
    }
    return call
  }

  /// Every placeholder that the texts of a message have already.
  static func placeholders(in request: borrowing GuardrailRequest) -> Set<String> {
    var found: Set<String> = []
    for index in request.segments.indices where hasPlaceholder(request.segments[index]) {
      found.formUnion(PlaceholderText.placeholders(in: request.segments[index].text.string))
    }
    return found
  }

  private static func hasPlaceholder(_ segment: Segment) -> Bool {
    !segment.kind.contains(.binary) && segment.text.withUTF8 { $0.contains(UInt8(ascii: "<")) }
  }

  /// The texts without their values.
  mutating func replacements(_ redactions: [Redaction], _ request: borrowing GuardrailRequest) -> [Replacement] {
    let bySegment = Dictionary(grouping: redactions, by: \.segment)
    var replacements: [Replacement] = []
    for segment in bySegment.keys.sorted() {
      let text = request.segments[segment].text.bytes
      replacements.append(Replacement(segment: segment, text: replace(Redaction.disjoint(bySegment[segment] ?? [], in: text), in: text)))
    }
    return replacements
  }

  private mutating func replace(_ redactions: [Redaction], in text: [UInt8]) -> String {
    var result: [UInt8] = []
    var position = 0
    for redaction in redactions {
      result += text[position..<redaction.range.lowerBound]
      result += Array(placeholder(for: String(decoding: text[redaction.range], as: UTF8.self), redaction.detector).utf8)
      position = redaction.range.upperBound
    }
    result += text[position...]
    return String(decoding: result, as: UTF8.self)
  }

  private mutating func placeholder(for value: String, _ detector: Detector) -> String {
    // Orders to a model do not come back.
    let isRestored = isInput && detector.group != .injection
    let (text, isChanged) = session.number(value, kind: detector.placeholder, literals: literals, isRestored: isRestored)
    if isChanged { isSessionChanged = true }
    if isInput { call.add(text, value, isRestored: isRestored) }
    return text
  }

  /// Leaves with the host what the later phases and calls have to know.
  /// - Throws: `PluginError.unavailable` when that is too much: values that could not be put back are not taken out.
  mutating func keep(in verdict: inout Verdict) throws {
    if isInput, !literals.isSubset(of: call.literals) || !call.isEmpty {
      call.literals.formUnion(literals)
      call.surface = surface
      verdict.callState = call.state
      guard verdict.callState.count <= Self.maxStateBytes else {
        throw PluginError.unavailable("a message with so many values to replace cannot be kept")
      }
    }
    if isInput, !literals.isSubset(of: session.literals) {
      session.literals.formUnion(literals)
      isSessionChanged = true
    }
    if isSessionChanged { verdict.sessionState = session.bounded.state }
  }

  /// As much as the host keeps.
  private static let maxStateBytes = 1 << 20

  // MARK: Restoring

  /// What goes back to the caller who sent the values.
  static func restored(_ request: borrowing GuardrailRequest) throws -> Verdict {
    let indices = request.segments.indices.filter { index in
      let kind = request.segments[index].kind
      return !kind.contains(.memberName) && !kind.contains(.number) && hasPlaceholder(request.segments[index])
    }
    guard !indices.isEmpty else { return .allow }
    let call = try call(request)
    let session = PlaceholderMap(state: request.sessionState.bytes) ?? PlaceholderMap()
    var replacements: [Replacement] = []
    for index in indices {
      guard let text = PlaceholderMap.restore(request.segments[index].text.string, call: call, session: session) else { continue }
      replacements.append(Replacement(segment: index, text: text))
    }
    return replacements.isEmpty ? .allow : .transform(replacements)
  }
}
