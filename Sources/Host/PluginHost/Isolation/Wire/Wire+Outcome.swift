internal import PluginABI

// What the plugin answers: fields in the order of the header.

extension WireCoder {
  fileprivate mutating func verdict(_ value: inout smg_verdict) throws(WireError) {
    size(&value.size, of: smg_verdict.self)
    try number(&value.action)
    try array(&value.violations, &value.violation_count, empty: smg_violation()) { (coder, violation) throws(WireError) in
      try coder.violation(&violation)
    }
    try array(&value.replacements, &value.replacement_count, empty: smg_replacement()) { (coder, replacement) throws(WireError) in
      try coder.number(&replacement.segment)
      try coder.bytes(&replacement.text)
    }
    try bytes(&value.call_state)
    try bytes(&value.session_state)
    try bytes(&value.metadata_json)
  }

  private mutating func violation(_ value: inout smg_violation) throws(WireError) {
    try bytes(&value.category)
    try bytes(&value.code)
    try bytes(&value.message)
    try bytes(&value.evidence_json)
    try number(&value.score)
    try number(&value.segment)
    try number(&value.start)
    try number(&value.end)
  }

  mutating func identity(_ value: inout smg_identity) throws(WireError) {
    size(&value.size, of: smg_identity.self)
    try bytes(&value.subject)
    try bytes(&value.project_id)
    try bytes(&value.user_id)
    try bytes(&value.config_id)
    try bytes(&value.role)
    try bytes(&value.claims_json)
    try number(&value.ttl_ns)
    try array(&value.vary, &value.vary_count, empty: smg_bytes()) { (coder, name) throws(WireError) in try coder.bytes(&name) }
  }

  fileprivate mutating func document(_ value: inout smg_document) throws(WireError) {
    size(&value.size, of: smg_document.self)
    try number(&value.flags)
    try bytes(&value.json)
    try bytes(&value.etag)
    try number(&value.ttl_ns)
  }

  fileprivate mutating func refusal(_ value: inout smg_refusal) throws(WireError) {
    size(&value.size, of: smg_refusal.self)
    try bytes(&value.code)
    try bytes(&value.www_authenticate)
  }
}

/// What stands behind `smg_outcome.value`.
private enum WireValue: UInt8 { case none, verdict, identity, refusal, unreadable, document }

/// What an operation answers with.
enum WireExpectation: Sendable { case nothing, verdict, identity, document }

extension WireWriter {
  /// A plugin's outcome, whatever it is worth: `OutcomeReader` judges it in the gateway.
  mutating func put(outcome pointer: UnsafeRawPointer?, of expected: WireExpectation) throws(WireError) {
    guard let pointer, UInt(bitPattern: pointer) % UInt(MemoryLayout<smg_outcome>.alignment) == 0,
      pointer.load(as: UInt32.self) == UInt32(MemoryLayout<smg_outcome>.size)
    else { return put(UInt8(0)) }
    put(UInt8(1))
    let outcome = pointer.load(as: smg_outcome.self)
    put(outcome.status)
    put(outcome.retry_after_ms)
    put(outcome.message)
    let kind = Self.kind(outcome, expected)
    guard kind != .none, let value = outcome.value else { return put(WireValue.none.rawValue) }
    switch kind {
    case .verdict:
      try put(value, outcome, .verdict, as: smg_verdict.self) { (writer, value) throws(WireError) in try writer.verdict(&value) }
    case .identity:
      try put(value, outcome, .identity, as: smg_identity.self) { (writer, value) throws(WireError) in try writer.identity(&value) }
    case .document:
      try put(value, outcome, .document, as: smg_document.self) { (writer, value) throws(WireError) in try writer.document(&value) }
    default: try put(value, outcome, .refusal, as: smg_refusal.self) { (writer, value) throws(WireError) in try writer.refusal(&value) }
    }
  }

  private static func kind(_ outcome: smg_outcome, _ expected: WireExpectation) -> WireValue {
    switch (outcome.status, expected) {
    case (SMG_OK, .verdict): .verdict
    case (SMG_OK, .identity): .identity
    case (SMG_OK, .document): .document
    case (SMG_E_UNAUTHENTICATED, .identity), (SMG_E_FORBIDDEN, .identity), (SMG_E_UNAUTHENTICATED, .document), (SMG_E_FORBIDDEN, .document):
      .refusal
    default: .none
    }
  }

  private mutating func put<Value: BitwiseCopyable>(
    _ pointer: UnsafeRawPointer, _ outcome: smg_outcome, _ kind: WireValue, as _: Value.Type,
    _ write: (inout Self, inout Value) throws(WireError) -> Void
  ) throws(WireError) {
    let size = UInt32(MemoryLayout<Value>.size)
    let isAligned = UInt(bitPattern: pointer) % UInt(MemoryLayout<Value>.alignment) == 0
    guard isAligned, outcome.value_size == size, pointer.load(as: UInt32.self) == size else {
      return put(WireValue.unreadable.rawValue)
    }
    put(kind.rawValue)
    var value = pointer.load(as: Value.self)
    try write(&self, &value)
  }
}

extension WireReader {
  /// An outcome as `OutcomeReader` takes it; nil when the plugin's had not the form of one. Sizes are those of what was read, never what the other side says.
  mutating func outcome(in memory: WireMemory) throws(WireError) -> UnsafePointer<smg_outcome>? {
    guard try number(UInt8.self) == 1 else { return nil }
    var outcome = smg_outcome()
    size(&outcome.size, of: smg_outcome.self)
    try number(&outcome.status)
    try number(&outcome.retry_after_ms)
    try bytes(&outcome.message)
    switch WireValue(rawValue: try number(UInt8.self)) {
    case .some(.none): break
    case .verdict:
      var value = smg_verdict()
      try verdict(&value)
      outcome.set(memory.keep(value), size: MemoryLayout<smg_verdict>.size)
    case .identity:
      var value = smg_identity()
      try identity(&value)
      outcome.set(memory.keep(value), size: MemoryLayout<smg_identity>.size)
    case .document:
      var value = smg_document()
      try document(&value)
      outcome.set(memory.keep(value), size: MemoryLayout<smg_document>.size)
    case .refusal:
      var value = smg_refusal()
      try refusal(&value)
      outcome.set(memory.keep(value), size: MemoryLayout<smg_refusal>.size)
    // A size that no value has.
    case .unreadable: outcome.set(memory.keep(UInt64(0)), size: 0)
    case nil: throw WireError("an outcome with an unknown value")
    }
    return memory.keep(outcome)
  }
}

extension smg_outcome {
  fileprivate mutating func set(_ pointer: UnsafeRawPointer, size: Int) {
    value = pointer
    value_size = UInt32(size)
  }
}
