import NIOCore
import PluginABI
import Testing

@testable import Host

/// The bookkeeping of requests, without any.
@Suite struct RequestTableTests {
  private static let waiter = RequestTable.Receiver.waiter(Monitor(nil))

  /// What `admit` answers.
  private func admission(_ table: RequestTable, bytes: Int = 0) -> smg_status {
    do throws(PluginRequests.Refusal) {
      try table.admit(bytes: bytes)
      return SMG_OK
    } catch {
      return error.status
    }
  }

  @Test func `requests are admitted from create to stop`() throws {
    var table = RequestTable()
    #expect(admission(table) == SMG_E_UNAVAILABLE)
    table.begin()
    let id = try table.add(Self.waiter, call: 0, bytes: 10)
    #expect(table.stop() == [id])
    #expect(admission(table) == SMG_E_CANCELLED)
    table.begin()
    #expect(admission(table) == SMG_E_CANCELLED, "nothing begins again")
  }

  @Test func `who takes a request out first decides`() throws {
    var table = RequestTable()
    table.begin()
    let (first, second) = (try table.add(Self.waiter, call: 7, bytes: 0), try table.add(Self.waiter, call: 8, bytes: 0))
    #expect(table.serving(7) == [first] && table.serving(8) == [second] && table.serving(9) == [])
    let (entry, none) = (table.take(first), table.take(first))
    #expect(entry != nil && none == nil && table.serving(7) == [])
    #expect(table.count == 1 && table.owed == 2, "what is decided is still owed")
    let left = table.delivered(heldBytes: 0)
    #expect(left == 1)
  }

  @Test func `what open requests hold is bounded, bodies and answers together`() throws {
    var table = RequestTable()
    table.begin()
    let half = Limits.Plugin.maxHeldRequestBytes / 2
    let (first, second) = (try table.add(Self.waiter, call: 0, bytes: half), try table.add(Self.waiter, call: 0, bytes: 0))
    let isHeld = table.hold(half, for: second)
    let isTooMuch = !table.hold(1, for: first)
    #expect(isHeld && isTooMuch)
    #expect(admission(table, bytes: 1) == SMG_E_UNAVAILABLE)
    let taken = table.take(second)
    let entry = try #require(taken)
    let isStillTooMuch = !table.hold(1, for: first)
    #expect(entry.heldBytes == half && isStillTooMuch, "held until its callback has returned")
    let left = table.delivered(heldBytes: entry.heldBytes)
    let isRoom = table.hold(half, for: first)
    let isForNobody = !table.hold(0, for: second)
    #expect(left == 1 && isRoom && isForNobody)
  }

  @Test func `a place is news once, and only so many are`() {
    var table = RequestTable()
    let answers = ["10.0.0.1:80", "10.0.0.1:80", "10.0.0.1:81"].map { table.isNews($0) }
    #expect(answers == [true, false, true])
    let told = (0..<100).filter { table.isNews("10.0.1.\($0):80") }.count
    #expect(told == Limits.Plugin.maxReportedPlaces - 2)
  }

  private static let now: UInt64 = 1_000_000_000_000
  private struct Case: Sendable {
    var asked: UInt64
    var call: UInt64?
    var expected: UInt64?
  }
  private static let cases = [
    Case(asked: 0, call: nil, expected: now + UInt64(Limits.Plugin.defaultRequestDuration.nanoseconds)),
    Case(asked: now + 5, call: nil, expected: now + 5),
    Case(asked: .max, call: nil, expected: now + UInt64(Limits.Plugin.maxCallDuration.nanoseconds)),
    Case(asked: 0, call: now + 7, expected: now + 7),
    Case(asked: now + 5, call: now + 7, expected: now + 5),
    Case(asked: now + 9, call: now + 7, expected: now + 7),
    Case(asked: 0, call: .max, expected: now + UInt64(Limits.Plugin.maxCallDuration.nanoseconds)),
    Case(asked: now, call: nil, expected: nil),
    Case(asked: 1, call: nil, expected: nil),
    Case(asked: 0, call: now, expected: nil),
    Case(asked: now + 5, call: now - 1, expected: nil),
  ]

  @Test func `a request ends when it asks to, with its call, or at the host's limit`() {
    for one in Self.cases {
      #expect(PluginHTTPRequest.deadline(asked: one.asked, call: one.call, now: Self.now) == one.expected, "\(one)")
    }
  }
}
