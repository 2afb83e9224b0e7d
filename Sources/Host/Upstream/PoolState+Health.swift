internal import NIOCore

/// Servers that are there and do not answer, and servers that come back.
extension PoolState {
  /// A call had no answer although the connection stands.
  /// - Returns: the child to leave behind, when too many of the last calls were like that.
  mutating func didMissAnswer(_ child: ChildID, now: NIODeadline) -> Lease? {
    guard let slot = current(child), slot.isReady else { return nil }
    let isTooMuch = slots[child.slot]?.calls.missed(limit: slot.server.maxUnanswered) ?? false
    return isTooMuch ? leave(child, .unavailable("left too many of its last \(CallHealth.window) calls without an answer"), now: now) : nil
  }

  /// The connection to ask for a sign of life; nil while calls are in flight, which show as much.
  func connectionToCheck(_ child: ChildID) -> Connection? {
    guard let slot = current(child), slot.isReady, slot.inFlight == 0 else { return nil }
    return slot.connection
  }

  /// - Returns: the child to leave behind, when it missed too many health checks in a row.
  mutating func didCheck(_ child: ChildID, isAlive: Bool, now: NIODeadline) -> Lease? {
    guard var slot = current(child), slot.isReady else { return nil }
    slot.missedChecks = isAlive ? 0 : slot.missedChecks + 1
    slots[child.slot] = slot
    guard slot.missedChecks >= Limits.Upstream.maxMissedChecks else { return nil }
    return leave(child, .unavailable("did not answer \(slot.missedChecks) health checks in a row"), now: now)
  }

  private mutating func leave(_ child: ChildID, _ error: UpstreamError, now: NIODeadline) -> Lease? {
    guard let connection = current(child)?.connection else { return nil }
    closing[child] = connection
    slots[child.slot]?.giveUp(error, now: now)
    if slots[child.slot]?.isRetired == true { remove(child.slot) }
    return Lease(child: child, connection: connection)
  }

  /// When a server that failed is tried again although nobody calls it, so that its return is noticed; nil: it is not.
  func recoveryTime(_ number: UInt64) -> NIODeadline? {
    guard let slot = slots[number], case .failed(_, let until) = slot.phase, slot.mayRecover, !slot.isRetired, !isShuttingDown,
      slot.recoveries < Limits.Upstream.maxRecoveries
    else { return nil }
    return until
  }

  /// Starts a failed server that nobody has called in the meantime.
  mutating func recover(_ number: UInt64, now: NIODeadline) -> (child: ChildID, server: UpstreamServer, evicted: Lease?)? {
    guard let until = recoveryTime(number), until <= now, var slot = slots[number] else { return nil }
    slot.recoveries += 1
    slots[number] = slot
    guard let (child, evicted) = begin(number, slot) else { return nil }
    return (child, slot.server, evicted)
  }
}
