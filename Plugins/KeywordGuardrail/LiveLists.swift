internal import PluginSDK
internal import Synchronization

/// The lists in use. Those with a file are made anew when it changes, all at once and away from the requests; a file that is wrong changes nothing.
final class LiveLists: Sendable {
  static let lookInterval: UInt64 = 1_000_000_000

  private let configured: [KeywordList]
  private let files: [String]
  private let host: PluginServices
  private let state: Mutex<State>
  private let isLooking = Atomic(false)

  private struct State {
    var lists: Lists
    /// Of the files when they were last read, whatever came of it.
    var seen: [ListFile.Stamp?]
  }

  /// - Throws: `PluginError.invalid` when a list or its file is wrong.
  init(_ configured: [KeywordList], host: PluginServices) throws {
    self.configured = configured
    self.host = host
    files = configured.compactMap(\.file)
    if !files.isEmpty, host.timer == nil {
      throw PluginError.unavailable("the host offers no timer, by which changes of files are noticed")
    }
    let (lists, stamps) = try Self.made(configured)
    state = Mutex(State(lists: lists, seen: stamps))
  }

  /// Begins to look at the files, if there are any: the host has timers only when the instance has been made.
  var current: Lists {
    if !files.isEmpty, !isLooking.load(ordering: .relaxed) { beginLooking() }
    return state.withLock { $0.lists }
  }

  private static func made(_ configured: [KeywordList]) throws -> (Lists, [ListFile.Stamp?]) {
    var stamps: [ListFile.Stamp?] = []
    var lists = configured
    for index in lists.indices {
      guard let path = lists[index].file else { continue }
      let file = try ListFile(path)
      stamps.append(file.stamp)
      lists[index].keywords += file.keywords
    }
    guard lists.reduce(0, { $0 + $1.keywords.count }) <= KeywordConfig.maxKeywords else {
      throw PluginError.invalid("more than \(KeywordConfig.maxKeywords) keywords altogether, those of files included")
    }
    return (try Lists(lists), stamps)
  }

  // MARK: Looking

  private func beginLooking() {
    guard isLooking.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
    wait()
  }

  private func wait() {
    do {
      try host.timer?.after(nanoseconds: Self.lookInterval) { [self] ending in
        guard case .due = ending else { return }
        look()
        wait()
      }
    } catch {
      // The next check begins anew.
      isLooking.store(false, ordering: .relaxed)
      host.log(.warning, "Files of keywords are not looked at", [("reason", "\(error)")])
    }
  }

  /// On a thread of the host's.
  private func look() {
    let stamps = files.map(ListFile.stamp(of:))
    guard stamps != state.withLock({ $0.seen }) else { return }
    do {
      let (lists, stamps) = try Self.made(configured)
      state.withLock { $0 = State(lists: lists, seen: stamps) }
      host.log(.info, "Lists of keywords were read again", [("keywords", "\(lists.lists.reduce(0) { $0 + $1.keywords.count })")])
    } catch {
      state.withLock { $0.seen = stamps }
      host.metrics?.record(.counter, "keyword_guardrail.reload_failures", value: 1)
      host.log(.error, "A file of keywords cannot be used; the lists in use go on", [("reason", "\(error)")])
    }
  }
}
