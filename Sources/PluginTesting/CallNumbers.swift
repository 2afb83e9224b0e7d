internal import PluginABI
internal import Synchronization

/// Numbers of calls, from 1.
final class CallNumbers: Sendable {
  private let last = Atomic<UInt64>(0)
  func next() -> smg_call { last.wrappingAdd(1, ordering: .relaxed).newValue }
}
