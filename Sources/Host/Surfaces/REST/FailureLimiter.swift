package import NIOCore
internal import Synchronization

/// Counts failures by who causes them, and locks out who causes too many: first for a while, then for twice as long, and so on.
package final class FailureLimiter: Sendable {
  package struct Terms: Sendable {
    package var maxFailures: Int
    package var window: TimeAmount
    package var firstLockout: TimeAmount
    package var longestLockout: TimeAmount

    package init(maxFailures: Int, window: TimeAmount, firstLockout: TimeAmount, longestLockout: TimeAmount) {
      self.maxFailures = maxFailures
      self.window = window
      self.firstLockout = firstLockout
      self.longestLockout = longestLockout
    }
  }

  private struct Entry {
    var failures = 0
    var windowEnd: NIODeadline
    var lockedUntil: NIODeadline?
    var lockouts = 0
    /// From then on nothing of it matters any more.
    var forgotten: NIODeadline

    func isLocked(_ now: NIODeadline) -> Bool { lockedUntil.map { $0 > now } ?? false }
  }

  private let terms: Terms
  private let capacity: Int
  private let entries = Mutex<[String: Entry]>([:])

  package init(_ terms: Terms, capacity: Int = Limits.REST.maxRememberedFailures) {
    self.terms = terms
    self.capacity = capacity
  }

  /// How long `name` is still locked out; nil when it is not.
  package func lockout(of name: String, now: NIODeadline = .now()) -> TimeAmount? {
    entries.withLock { entries in
      guard let until = entries[name]?.lockedUntil, until > now else { return nil }
      return until - now
    }
  }

  package func failed(_ name: String, now: NIODeadline = .now()) {
    entries.withLock { entries in
      var entry = entries[name].flatMap { $0.forgotten > now ? $0 : nil } ?? Entry(windowEnd: now + terms.window, forgotten: now)
      if entry.windowEnd <= now {
        entry.failures = 0
        entry.windowEnd = now + terms.window
      }
      entry.failures += 1
      if entry.failures >= terms.maxFailures {
        let lockout = lockout(after: entry.lockouts)
        entry.lockedUntil = now + lockout
        entry.lockouts += 1
        entry.failures = 0
      }
      entry.forgotten = max(entry.lockedUntil ?? now, entry.windowEnd) + terms.longestLockout
      if entries[name] == nil, entries.count >= capacity { Self.makeRoom(in: &entries, now: now) }
      entries[name] = entry
    }
  }

  private func lockout(after count: Int) -> TimeAmount {
    var lockout = terms.firstLockout
    for _ in 0..<min(count, 32) where lockout < terms.longestLockout { lockout = lockout * 2 }
    return min(lockout, terms.longestLockout)
  }

  /// Whoever is not locked out goes first, and of those whoever would be forgotten first.
  private static func makeRoom(in entries: inout [String: Entry], now: NIODeadline) {
    let goesFirst = entries.min {
      let isLocked = ($0.value.isLocked(now), $1.value.isLocked(now))
      return isLocked.0 == isLocked.1 ? $0.value.forgotten < $1.value.forgotten : isLocked.1
    }
    if let goesFirst { entries[goesFirst.key] = nil }
  }
}
