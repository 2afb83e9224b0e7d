internal import CPluginCheck
internal import PluginABI

/// What a plugin is lent for one function, and takes it back: afterwards, or beyond its end, guarded memory cannot be accessed at all, so that breaking the
/// borrowing rule (R1) is a crash and not luck. Plain memory costs next to nothing, and is there until `retire`.
final class LentMemory {
  enum Mode: Sendable { case guarded, plain }

  private let mode: Mode
  private var pieces: [(start: UnsafeMutableRawPointer, size: Int, isGuarded: Bool)] = []

  init(_ mode: Mode) { self.mode = mode }

  deinit { retire() }

  /// Everything that was lent is the host's alone again.
  func retire() {
    for piece in pieces {
      if piece.isGuarded { smg_lent_retire(piece.start, piece.size) } else { piece.start.deallocate() }
    }
    pieces = []
  }

  func array<Element>(_ elements: [Element]) -> UnsafePointer<Element>? {
    guard !elements.isEmpty else { return nil }
    let (size, alignment) = (elements.count * MemoryLayout<Element>.stride, MemoryLayout<Element>.alignment)
    // Without room in the guarded part, plain memory does: the check sees less, and nothing breaks.
    let guarded = mode == .guarded ? smg_lend(size, alignment) : nil
    let start = guarded ?? .allocate(byteCount: size, alignment: alignment)
    pieces.append((start, size, guarded != nil))
    let typed = start.bindMemory(to: Element.self, capacity: elements.count)
    typed.initialize(from: elements, count: elements.count)
    if guarded != nil { smg_lent_freeze(start, size) }
    return UnsafePointer(typed)
  }

  func one<Value>(_ value: Value) -> UnsafePointer<Value> {
    guard let pointer = array([value]) else { preconditionFailure("a list of one is not empty") }
    return pointer
  }

  func bytes(_ bytes: [UInt8]) -> smg_bytes { smg_bytes(ptr: array(bytes), len: bytes.count) }
  func text(_ text: String) -> smg_bytes { bytes(Array(text.utf8)) }

  func pairs(_ pairs: [(name: String, value: [UInt8])]) -> smg_kvs {
    let list = pairs.map { smg_kv(key: text($0.name), value: bytes($0.value)) }
    return smg_kvs(ptr: array(list), len: list.count)
  }

  func context(deadline: UInt64, isKnown: Bool = true) -> UnsafePointer<smg_context> {
    one(
      smg_context(
        size: UInt32(MemoryLayout<smg_context>.size), flags: 0, deadline_ns: deadline, request_id: text("check-1"),
        traceparent: text("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), principal: isKnown ? text("principal") : smg_bytes(),
        session: text("session"), project_id: isKnown ? text("project") : smg_bytes(), user_id: isKnown ? text("user") : smg_bytes(),
        config_id: isKnown ? text("config") : smg_bytes()))
  }
}
