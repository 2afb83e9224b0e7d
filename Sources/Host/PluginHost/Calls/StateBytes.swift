internal import Glibc
internal import PluginABI

/// What a guardrail leaves with the host between two checks (`call_state`, `session_state`): opaque bytes, often somebody's personal data. The host copies them
/// once, from the plugin, and overwrites them with zeros when the last holder lets go of them.
package final class StateBytes: Sendable {
  nonisolated(unsafe) private let storage: UnsafeMutableRawBufferPointer
  private let willFree: (@Sendable (UnsafeRawBufferPointer) -> Void)?

  /// - Parameter willFree: shown the storage after it was overwritten, for tests.
  package init(_ bytes: UnsafeRawBufferPointer, willFree: (@Sendable (UnsafeRawBufferPointer) -> Void)? = nil) {
    storage = .allocate(byteCount: bytes.count, alignment: 1)
    storage.copyMemory(from: bytes)
    self.willFree = willFree
  }

  deinit {
    if let base = storage.baseAddress { explicit_bzero(base, storage.count) }
    willFree?(UnsafeRawBufferPointer(storage))
    storage.deallocate()
  }

  package var count: Int { storage.count }

  /// A copy, which is not overwritten: for checks of plugins and for tests.
  package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

  package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { body(UnsafeRawBufferPointer(storage)) }
}

extension StateBytes? {
  /// As the ABI has it, valid inside `body`; none is the empty text.
  func withBytes<Result>(_ body: (smg_bytes) -> Result) -> Result {
    guard let self else { return body(smg_bytes()) }
    return self.withUnsafeBytes { body(smg_bytes(ptr: $0.baseAddress?.assumingMemoryBound(to: UInt8.self), len: $0.count)) }
  }
}
