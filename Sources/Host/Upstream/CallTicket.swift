internal import Synchronization

/// Ties a call to the task that makes it, so that the task's cancellation finds the call, or finds it not even sent.
final class CallTicket: Sendable {
  private let state = Atomic<Int>(unsent)

  private static let unsent = 0
  private static let cancelledBeforeSending = -1

  /// The call was sent under `id`. False if it was cancelled before; then it must not be sent.
  func send(as id: Int) -> Bool {
    state.compareExchange(expected: Self.unsent, desired: id, ordering: .acquiringAndReleasing).exchanged
  }

  /// The id under which the call was sent, or nil: then it will not be sent any more.
  func cancel() -> Int? {
    let (exchanged, id) = state.compareExchange(
      expected: Self.unsent, desired: Self.cancelledBeforeSending, ordering: .acquiringAndReleasing)
    return exchanged || id == Self.cancelledBeforeSending ? nil : id
  }
}
