import Foundation
import NIOCore
import Synchronization
import Testing

@testable import Host

/// The parts that need no plugin.
@Suite struct PartsTests {
  /// Repeatable.
  struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
  }

  @Test func `the timer heap keeps order through insertion and removal`() {
    var random = Random(state: 1)
    var heap = TimerHeap<Int>()
    var model: [Int: (deadline: UInt64, token: TimerToken)] = [:]
    for number in 0..<1_500 {
      switch Int.random(in: 0..<3, using: &random) {
      case 0, 1:
        let deadline = UInt64.random(in: 0..<1_000, using: &random)
        model[number] = (deadline, heap.insert(at: deadline, number))
      default:
        guard let victim = model.keys.sorted().randomElement(using: &random), let entry = model.removeValue(forKey: victim) else {
          continue
        }
        #expect(heap.remove(entry.token) == victim)
        #expect(heap.remove(entry.token) == nil)
      }
      if number % 50 == 0 { #expect(heap.earliest == model.values.map(\.deadline).min() && heap.count == model.count) }
    }
    var last: UInt64 = 0
    while let earliest = heap.earliest {
      #expect(earliest >= last && heap.popDue(now: earliest &- 1) == nil)
      last = earliest
      guard let number = heap.popDue(now: earliest) else { break }
      #expect(model.removeValue(forKey: number)?.deadline == earliest)
    }
    #expect(model.isEmpty && heap.count == 0)
  }

  @Test func `the timer runs what is due and not what was cancelled`() async throws {
    let timer = try DeadlineTimer()
    let marks = Marks()
    let now = WallClock.monotonicNanoseconds()
    let late = timer.schedule(at: now + 3_600_000_000_000) { marks.add(-1) }
    for index in 0..<50 {
      let token = timer.schedule(at: now + UInt64(50 - index) * 200_000) { marks.add(index) }
      if index % 2 == 1 { timer.cancel(token) }
    }
    try await eventually("fired") { marks.all.count >= 25 }
    #expect(timer.cancel(late) && !timer.cancel(late))
    #expect(marks.all.count >= 25 && !marks.all.contains(-1))
    timer.stop()
  }

  final class Marks: Sendable {
    private let marks = Mutex<[Int]>([])
    var all: [Int] { marks.withLock { $0 } }
    func add(_ mark: Int) { marks.withLock { $0.append(mark) } }
  }

  @Test func `a handle finds its call once, and nothing else`() throws {
    let table = CallTable()
    let call = try #require(table.reserve(owner: 1, expecting: .nothing, isEntered: false))
    #expect(table.claim(call, owner: 2) == nil)
    #expect(table.claim(call ^ 1 << 40, owner: 1) == nil)
    #expect(table.claim(0, owner: 0) == nil && table.claim(.max, owner: 1) == nil)
    #expect(table.enter(call))
    #expect(table.take(call) == nil)
    #expect(table.claim(call, owner: 1) != nil && table.claim(call, owner: 1) == nil)
    #expect(table.finish(call, PluginFailure(.timeout, "")) == .lost)
    table.deliver(call, .done)
    guard case .done? = table.take(call) else { return #expect(Bool(false)) }
    #expect(table.take(call) == nil && table.claim(call, owner: 1) == nil && !table.enter(call))
    // The slot is used again under another handle.
    var seen: Set<UInt64> = [call]
    for _ in 0..<1_000 {
      let next = try #require(table.reserve(owner: 1, expecting: .nothing, isEntered: true))
      #expect(seen.insert(next).inserted)
      #expect(table.openCalls(of: 1) == [next] && table.openCalls(of: 3).isEmpty)
      #expect(table.finish(next, PluginFailure(.timeout, "")) == .won(entered: true))
      #expect(table.take(next) != nil)
    }
    #expect(table.count == 0)
  }

  @Test func `the table of open calls is bounded`() {
    let table = CallTable(capacity: 64)
    let calls = (0..<64).compactMap { _ in table.reserve(owner: 1, expecting: .nothing, isEntered: false) }
    #expect(calls.count == 64 && table.reserve(owner: 1, expecting: .nothing, isEntered: false) == nil)
    _ = table.finish(calls[7], PluginFailure(.cancelled, ""))
    _ = table.take(calls[7])
    #expect(table.reserve(owner: 1, expecting: .nothing, isEntered: false) != nil)
  }

  @Test func `a thread pool replaces a thread that is given up`() async throws {
    let pool = ThreadPool(name: "test", maxThreads: 1, maxQueued: 2, maxLost: 1)
    let gate = Monitor(false)
    let marks = Marks()
    #expect(
      pool.submit { worker in
        worker.abandon()
        _ = gate.wait(until: nil) { $0 ? true : nil }
        marks.add(1)
      })
    #expect(pool.submit { _ in marks.add(2) })
    try await eventually("the replacement works") { marks.all == [2] }
    gate.withLock { $0 = true }
    gate.broadcast()
    try await eventually("the first ends") { marks.all == [2, 1] }
    pool.stop()
    #expect(!pool.submit { _ in })
  }

  @Test func `a thread pool's queue is bounded`() async throws {
    let pool = ThreadPool(name: "test", maxThreads: 1, maxQueued: 2, maxLost: 0)
    let gate = Monitor(false)
    let marks = Marks()
    #expect(
      pool.submit { _ in
        marks.add(0)
        _ = gate.wait(until: nil) { $0 ? true : nil }
      })
    try await eventually("busy") { marks.all == [0] }
    #expect(pool.submit { _ in marks.add(1) } && pool.submit { _ in marks.add(2) } && !pool.submit { _ in marks.add(3) })
    gate.withLock { $0 = true }
    gate.broadcast()
    try await eventually("done") { marks.all == [0, 1, 2] }
    pool.stop()
  }

  @Test func `slow calls are blamed only when they are many and frequent`() {
    var strikes = InlineStrikes()
    // Three in a row.
    let inARow = (1...3).map { strikes.add(now: $0, calls: $0, limit: 3) }
    #expect(inARow == [false, false, true])
    // One in ten thousand: a thread that lost its processor.
    var rare = InlineStrikes()
    let rarely = (1...50).map { rare.add(now: $0, calls: $0 * 10_000, limit: 3) }
    #expect(!rarely.contains(true))
    // Long apart.
    var old = InlineStrikes()
    let longApart = (1...50).map { old.add(now: $0 * 11_000_000_000, calls: $0, limit: 3) }
    #expect(!longApart.contains(true))
  }

  @Test func `the log budget refills`() {
    let budget = LogBudget()
    var taken = 0
    while budget.take(now: 1) { taken += 1 }
    #expect(taken == 2 * Limits.Plugin.maxLogMessagesPerSecond)
    var again = 0
    while budget.take(now: 1_000_000_001) { again += 1 }
    #expect(again == Limits.Plugin.maxLogMessagesPerSecond)
  }

  @Test func `no ELF file, however broken, does more than be refused`() async throws {
    let good = [UInt8](try Data(contentsOf: try await Workshop.library("good")))
    try good.withUnsafeBytes { bytes in
      let library = try ELFLibrary(bytes)
      #expect(library.entrySymbols == ["smg_plugin_entry_v0"] && library.needed.contains { $0.hasPrefix("libc.so") })
      #expect(!library.hasExecutableStack && !library.hasTextRelocations)
    }
    var refused = 0
    func attempt(_ bytes: [UInt8]) {
      bytes.withUnsafeBytes { buffer in
        do { _ = try ELFLibrary(buffer) } catch { refused += 1 }
      }
    }
    for length in stride(from: 0, to: good.count, by: 97) { attempt(Array(good.prefix(length))) }
    #expect(refused > 0)
    var random = Random(state: 7)
    for _ in 0..<3_000 {
      var bytes = good
      // Mostly the header and the tables that say where everything is.
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let place =
          Bool.random(using: &random)
          ? Int.random(in: 0..<min(1_024, good.count), using: &random) : Int.random(in: 0..<good.count, using: &random)
        bytes[place] = [0, 0xFF, 0x7F, 0x80, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
      }
      attempt(bytes)
    }
    #expect(refused > 100)
  }
}
