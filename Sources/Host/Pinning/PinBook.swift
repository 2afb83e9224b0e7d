internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// The pins as the running gateway uses them. An approval in the file counts from the next request on. Usable from any thread; waits for the disk only away
/// from the threads of its callers.
package final class PinBook: Sendable {
  /// What is known of something that was looked at.
  struct Sight<Value: Sendable>: Sendable {
    var value: Value
    /// Why it could not be compared with what was accepted.
    var failure: GatewayError?
  }

  private struct State {
    var index = PinIndex()
    var examined: FileState?
    var isFresh = true
    /// Set once the file was read. What it said before anything was offered is no change.
    var wasRead = false
    var failure: GatewayError?
    var onChange: @Sendable (Set<PinKey>) -> Void = { _ in }
  }
  private let store: PinStore?
  private let log: Log
  private let state = Mutex(State())
  /// One at a time reads or writes the file and then changes the state.
  private let turn = Mutex(())

  /// - Parameter store: nil when there is no file of configuration to have pins beside it.
  package init(store: PinStore?, log: Log) {
    self.store = store
    self.log = log
  }

  /// Sets what hears of servers of which something else is accepted than before. The composition root calls it once.
  package func onChange(_ hook: @escaping @Sendable (Set<PinKey>) -> Void) { state.withLock { $0.onChange = hook } }

  /// What is in mind. `refresh` brings it up to date.
  var index: PinIndex { state.withLock { $0.index } }

  /// Why the file as it stands cannot be used; nil when it can.
  var failure: GatewayError? { state.withLock { $0.failure } }

  /// Looks at the file's state, and reads it when it is another one. Costs one look when nothing happened.
  package func refresh() async {
    guard let store else { return }
    let present = FileState(of: store.path)
    guard state.withLock({ $0.isFresh || present != $0.examined }) else { return }
    await apart {
      do throws(GatewayError) {
        self.adopt(try store.read())
      } catch {
        self.fail(error, present)
      }
    }
  }

  private func apart(_ work: @escaping @Sendable () -> Void) async {
    do {
      try await NIOThreadPool.singleton.runIfActive { self.turn.withLock { _ in work() } }
    } catch {
      log.warning("The pins cannot be looked at while the gateway stops")
    }
  }

  /// - Parameter read: as it was read, where this version is that with an own change; nil: this version.
  private func adopt(_ version: PinStore.Version, read: PinIndex? = nil) {
    let index = PinIndex(version.document)
    let (changed, hook) = state.withLock { state in
      defer {
        state.index = index
        state.examined = version.state
        state.isFresh = version.isFresh
        state.wasRead = true
        state.failure = nil
      }
      return (state.wasRead ? (read ?? index).differing(from: state.index) : [], state.onChange)
    }
    if !changed.isEmpty { hook(changed) }
  }

  private func fail(_ error: GatewayError, _ present: FileState?) {
    let isNew = state.withLock { state in
      defer {
        state.failure = error
        state.examined = present
        state.isFresh = false
      }
      return state.failure?.message != error.message
    }
    guard isNew else { return }
    log.error(
      "The pins cannot be used", ["reason": error.message, "cause": error.cause ?? "", "remedy": error.suggestions.joined(separator: " ")])
  }

  // MARK: Seeing

  /// Compares a server's endpoint with the accepted one; the first is accepted. True when it is the accepted one.
  func see(_ endpoint: PinnedEndpoint, of key: PinKey) async -> Sight<Bool> {
    await refresh()
    let known = index.servers[key]
    if known?.endpoint == endpoint.digest, known?.newEndpoint == nil { return Sight(value: true, failure: failure) }
    if let known, let accepted = known.endpoint, known.newEndpoint == endpoint.digest {
      return Sight(value: accepted == endpoint.digest, failure: failure)
    }
    let failure = await record(key) { pins, _, now in pins.see(endpoint, now: now) }
    let accepted = index.servers[key]?.endpoint
    return Sight(value: accepted == nil || accepted == endpoint.digest, failure: accepted == nil ? failure : nil)
  }

  /// Compares a server's tools with the accepted ones; the first list is accepted. What differs, by name.
  /// - Parameter others: names that the server lists too and that are not to be looked at.
  func see(_ tools: [SeenTool], others: Set<String>, of key: PinKey) async -> Sight<[String: PinIndex.Server.Waiting]> {
    await refresh()
    if let failure { return Sight(value: [:], failure: failure) }
    let before = index.servers[key]
    if let before, let difference = before.difference(from: tools, others: others), before.records(difference) {
      return Sight(value: before.waiting)
    }
    let failure = await record(key) { pins, order, now in pins.see(tools, others: others, order: &order, now: now) }
    let after = index.servers[key]
    guard let difference = after?.difference(from: tools, others: others) else { return Sight(value: [:], failure: failure) }
    tell(difference.filter { before?.waiting[$0.key]?.digest != $0.value.digest }, of: key)
    tellShadows(tools, of: key, before: before)
    return Sight(value: after?.records(difference) == true ? after?.waiting ?? [:] : difference)
  }

  private func record(
    _ key: PinKey, _ change: @escaping @Sendable (inout ServerPins, inout Int, _ now: String) -> Void
  ) async -> GatewayError? {
    guard let store else { return GatewayError(.configurationMissing, "There is no configuration file to keep pins beside.") }
    let outcome = Mutex<GatewayError?>(GatewayError(.unavailable, "The pins cannot be written while the gateway stops."))
    await apart {
      do {
        let commit = try store.edit(DocumentStore.Terms(), lockTimeout: Limits.Pinning.lockTimeout) { document in
          let read = PinIndex(document)
          var pins = document.servers[key] ?? ServerPins()
          change(&pins, &document.order, WallClock.iso8601())
          document.servers[key] = pins
          return read
        }
        self.adopt(commit.version, read: commit.result)
        outcome.withLock { $0 = nil }
      } catch {
        let error = error as? GatewayError ?? GatewayError(.operationFailed, "The pins cannot be written.", cause: "\(error)")
        self.log.warning(
          "Pins cannot be recorded", ["server": key.server, "reason": error.message, "cause": error.cause ?? ""])
        outcome.withLock { $0 = error }
      }
    }
    return outcome.withLock { $0 }
  }

  // MARK: Telling

  private func tell(_ changes: [String: PinIndex.Server.Waiting], of key: PinKey) {
    for (name, change) in changes.sorted(by: { $0.key < $1.key }).prefix(Limits.Guardrails.maxLoggedFindings) {
      log.warning(
        "A tool is not what was accepted",
        ["server": key.server, "tool": name, "change": change.change.rawValue, "remedy": "tools diff, then tools approve"])
    }
  }

  private func tellShadows(_ tools: [SeenTool], of key: PinKey, before: PinIndex.Server?) {
    let index = index
    let new = tools.lazy.filter { before?.tools?[$0.name] == nil }
    for tool in new.prefix(Limits.Pinning.maxReportedShadows) {
      let others = index.shadowed(by: tool.name, of: key)
      guard !others.isEmpty else { continue }
      log.warning(
        "A tool has the name of another server's",
        ["server": key.server, "tool": tool.name, "others": others.joined(separator: ", ")])
    }
  }
}

extension PinIndex.Server {
  /// What differs of the accepted tools; nil when none were accepted yet.
  func difference(from seen: [SeenTool], others: Set<String>) -> [String: Waiting]? {
    guard let tools else { return nil }
    var difference: [String: Waiting] = [:]
    var names = others
    for tool in seen {
      names.insert(tool.name)
      guard let accepted = tools[tool.name] else {
        difference[tool.name] = Waiting(change: .added, digest: tool.digest)
        continue
      }
      if accepted.digest != tool.digest { difference[tool.name] = Waiting(change: .changed, digest: tool.digest) }
    }
    for (name, tool) in tools where !names.contains(name) { difference[name] = Waiting(change: .removed, digest: tool.digest) }
    return difference
  }

  /// Whether just that waits already.
  func records(_ difference: [String: Waiting]) -> Bool {
    waiting.count == difference.count
      && difference.allSatisfy { name, change in waiting[name]?.change == change.change && waiting[name]?.digest == change.digest }
  }
}
