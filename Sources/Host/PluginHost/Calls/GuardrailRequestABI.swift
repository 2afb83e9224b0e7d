internal import PluginABI

extension GuardrailRequest {
  /// Texts of at least this size are lent instead of copied, as long as they are few.
  private static let lentTextBytes = 16 << 10
  private static let maxLentTexts = 16

  /// The size of all texts to be judged, in bytes: decides whether a check may run on an event loop.
  var textBytes: Int {
    var sum = 0
    for segment in segments { sum += segment.text.utf8.count }
    for segment in original { sum += segment.text.utf8.count }
    return sum
  }

  /// The request as the ABI passes it, valid inside `body`.
  func withABI(deadline: UInt64, _ body: (UnsafePointer<smg_guard_request>) -> Void) {
    let lent = lentTexts
    let size =
      context.memorySize + surface.utf8.count + server.utf8.count + item.utf8.count + policyRevision.utf8.count
      + Self.size(of: segments, lent: lent) + Self.size(of: original, lent: lent)
    RequestMemory.with(bytes: size) { memory in
      let first = Self.place(segments, lent: lent, in: &memory)
      let second = Self.place(original, lent: lent, in: &memory)
      var abiContext = context.abiValue(in: &memory, deadline: deadline)
      let names = (memory.bytes(surface), memory.bytes(server), memory.bytes(item), memory.bytes(policyRevision))
      withUnsafePointer(to: &abiContext) { contextPointer in
        policyJSON.withBytes { policy in
          callState.withBytes { callState in
            sessionState.withBytes { sessionState in
              var request = smg_guard_request(
                size: UInt32(MemoryLayout<smg_guard_request>.size), phase: phase.rawValue, context: contextPointer, surface: names.0,
                server: names.1, item: names.2, policy_json: policy, policy_revision: names.3, segments: first.map { UnsafePointer($0) },
                segment_count: segments.count, original: second.map { UnsafePointer($0) }, original_count: original.count,
                call_state: callState, session_state: sessionState)
              lend(segments[...], to: first, lent: lent) {
                lend(original[...], to: second, lent: lent) { withUnsafePointer(to: &request) { body($0) } }
              }
            }
          }
        }
      }
    }
  }

  /// Whether large texts are lent: not when they are many, because each costs a stack frame.
  private var lentTexts: Bool {
    var count = 0
    for segment in segments where segment.text.utf8.count >= Self.lentTextBytes { count += 1 }
    for segment in original where segment.text.utf8.count >= Self.lentTextBytes { count += 1 }
    return count > 0 && count <= Self.maxLentTexts
  }

  private static func isLent(_ segment: Segment, _ lent: Bool) -> Bool { lent && segment.text.utf8.count >= lentTextBytes }

  private static func size(of segments: [Segment], lent: Bool) -> Int {
    var sum = RequestMemory.size(of: segments.count, smg_segment.self)
    for segment in segments {
      sum += segment.pointer.utf8.count + segment.mediaType.utf8.count + (isLent(segment, lent) ? 0 : segment.text.utf8.count)
    }
    return sum
  }

  private static func place(_ segments: [Segment], lent: Bool, in memory: inout RequestMemory) -> UnsafeMutablePointer<smg_segment>? {
    guard !segments.isEmpty else { return nil }
    let array = memory.array(segments.count, of: smg_segment.self)
    for (index, segment) in segments.enumerated() {
      (array + index).initialize(
        to: smg_segment(
          path: memory.bytes(segment.pointer), text: isLent(segment, lent) ? smg_bytes() : memory.bytes(segment.text),
          media_type: memory.bytes(segment.mediaType), flags: segment.flags.rawValue, reserved: 0))
    }
    return array
  }

  /// Points the large texts' entries at the strings' own storage, one stack frame each, and runs `body` inside.
  private func lend(_ rest: ArraySlice<Segment>, to array: UnsafeMutablePointer<smg_segment>?, lent: Bool, _ body: () -> Void) {
    guard lent, let array, let index = rest.firstIndex(where: { Self.isLent($0, lent) }) else { return body() }
    var text = rest[index].text
    text.withUTF8 { buffer in
      array[index].text = smg_bytes(ptr: buffer.baseAddress, len: buffer.count)
      lend(rest[(index + 1)...], to: array, lent: lent, body)
    }
  }
}
