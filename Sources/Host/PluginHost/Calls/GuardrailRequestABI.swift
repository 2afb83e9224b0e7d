internal import PluginABI

/// A guardrail request as the ABI passes it. Works on a pointer to the request, because a copy of it would retain and release every text it has.
enum GuardrailRequestABI {
  /// Texts of at least this size are lent instead of copied, as long as they are few.
  private static let lentTextBytes = 16 << 10
  private static let maxLentTexts = 16

  /// The size of all texts to be judged, in bytes: decides whether a check may run on an event loop.
  static func textBytes(_ request: UnsafePointer<GuardrailRequest>) -> Int {
    var sum = 0
    for segment in request.pointee.segments { sum += segment.text.utf8.count }
    for segment in request.pointee.original { sum += segment.text.utf8.count }
    return sum
  }

  /// The request, valid inside `body`.
  /// - Parameter deadline: nanoseconds of CLOCK_MONOTONIC.
  static func with(_ request: UnsafePointer<GuardrailRequest>, deadline: UInt64, _ body: (UnsafePointer<smg_guard_request>) -> Void) {
    let segments = request.pointee.segments
    let original = request.pointee.original
    let lent = isLending(segments, original)
    RequestMemory.with(bytes: size(request, segments, original, lent)) { memory in
      let first = place(segments, lent: lent, in: &memory)
      let second = place(original, lent: lent, in: &memory)
      var context = request.pointee.context.abiValue(in: &memory, deadline: deadline)
      let names = (
        memory.bytes(request.pointee.surface), memory.bytes(request.pointee.server), memory.bytes(request.pointee.item),
        memory.bytes(request.pointee.policyRevision)
      )
      withUnsafePointer(to: &context) { context in
        request.pointee.policyJSON.withBytes { policy in
          request.pointee.callState.withBytes { callState in
            request.pointee.sessionState.withBytes { sessionState in
              var value = smg_guard_request(
                size: UInt32(MemoryLayout<smg_guard_request>.size), phase: request.pointee.phase.rawValue, context: context,
                surface: names.0,
                server: names.1, item: names.2, policy_json: policy, policy_revision: names.3, segments: first.map { UnsafePointer($0) },
                segment_count: segments.count, original: second.map { UnsafePointer($0) }, original_count: original.count,
                call_state: callState, session_state: sessionState)
              guard lent else { return withUnsafePointer(to: &value) { body($0) } }
              lend(segments[...], to: first) {
                lend(original[...], to: second) { withUnsafePointer(to: &value) { body($0) } }
              }
            }
          }
        }
      }
    }
  }

  /// Whether large texts are lent: not when they are many, because each costs a stack frame.
  private static func isLending(_ segments: [Segment], _ original: [Segment]) -> Bool {
    var count = 0
    for segment in segments where segment.text.utf8.count >= lentTextBytes { count += 1 }
    for segment in original where segment.text.utf8.count >= lentTextBytes { count += 1 }
    return count > 0 && count <= maxLentTexts
  }

  private static func isLent(_ text: String, _ lent: Bool) -> Bool { lent && text.utf8.count >= lentTextBytes }

  private static func size(_ request: UnsafePointer<GuardrailRequest>, _ segments: [Segment], _ original: [Segment], _ lent: Bool) -> Int {
    request.pointee.context.memorySize + request.pointee.surface.utf8.count + request.pointee.server.utf8.count
      + request.pointee.item.utf8.count
      + request.pointee.policyRevision.utf8.count + size(of: segments, lent: lent) + size(of: original, lent: lent)
  }

  private static func size(of segments: [Segment], lent: Bool) -> Int {
    var sum = RequestMemory.size(of: segments.count, smg_segment.self)
    for segment in segments {
      sum += segment.pointer.utf8.count + segment.mediaType.utf8.count + (isLent(segment.text, lent) ? 0 : segment.text.utf8.count)
    }
    return sum
  }

  private static func place(_ segments: [Segment], lent: Bool, in memory: inout RequestMemory) -> UnsafeMutablePointer<smg_segment>? {
    guard !segments.isEmpty else { return nil }
    let array = memory.array(segments.count, of: smg_segment.self)
    for index in segments.indices {
      (array + index).initialize(
        to: smg_segment(
          path: memory.bytes(segments[index].pointer),
          text: isLent(segments[index].text, lent) ? smg_bytes() : memory.bytes(segments[index].text),
          media_type: memory.bytes(segments[index].mediaType), flags: segments[index].flags.rawValue, reserved: 0))
    }
    return array
  }

  /// Points the large texts' entries at the strings' own storage, one stack frame each, and runs `body` inside.
  private static func lend(_ rest: ArraySlice<Segment>, to array: UnsafeMutablePointer<smg_segment>?, _ body: () -> Void) {
    guard let array, let index = rest.firstIndex(where: { isLent($0.text, true) }) else { return body() }
    var text = rest[index].text
    text.withUTF8 { buffer in
      array[index].text = smg_bytes(ptr: buffer.baseAddress, len: buffer.count)
      lend(rest[(index + 1)...], to: array, body)
    }
  }
}
