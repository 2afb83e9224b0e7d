internal import PluginSDK
internal import Synchronization

/// The provider's keys as they are now. However many callers wait, one question is under way at a time.
final class KeyCache: Sendable {
  private struct State {
    var cache: KeyCacheState
    var question: Task<Void, Never>?
    /// Opens when nothing of the latest question is left.
    var ended: Gate?
    var isStopped = false
  }
  private let state: Mutex<State>
  private let loader: KeyLoader
  private let services: PluginServices

  init(_ loader: KeyLoader, _ policy: KeyCacheState.Policy, _ services: PluginServices) {
    state = Mutex(State(cache: KeyCacheState(policy)))
    self.loader = loader
    self.services = services
  }

  /// Puts keys in that were read while the instance was made.
  func begin(with keys: KeySet) {
    let now = MonotonicTime.now.nanoseconds
    state.withLock { state in
      state.cache.asks(at: now)
      state.cache.received(keys, at: now)
    }
  }

  /// Keys to verify a token with.
  /// - Throws: `PluginError` when there are none, or none that may still be believed.
  func current() async throws -> (keys: KeySet, generation: Int) {
    switch state.withLock({ $0.cache.step(at: MonotonicTime.now.nanoseconds) }) {
    case .use(let keys, let generation): return (keys, generation)
    case .useAndAsk(let keys, let generation):
      _ = ask()
      return (keys, generation)
    case .fail(let error): throw error
    case .ask:
      await ask().value
      return try state.withLock { state in
        if let held = state.cache.held, state.cache.failure == nil { return (held.keys, held.generation) }
        throw state.cache.failure ?? PluginError.unavailable("the identity provider's keys did not come")
      }
    }
  }

  /// Newer keys than those, for a token that none of them signed; nil: there are none.
  /// - Throws: `PluginError` when the provider could not be asked.
  func newer(than generation: Int) async throws -> KeySet? {
    // What is being asked already may bring it.
    await state.withLock { $0.question }?.value
    switch state.withLock({ $0.cache.step(after: generation, at: MonotonicTime.now.nanoseconds) }) {
    case .use(let keys, _), .useAndAsk(let keys, _): return keys
    case .fail(let error): throw error
    case nil: return nil
    case .ask:
      await ask().value
      return try state.withLock { state in
        if let failure = state.cache.failure { throw failure }
        return state.cache.held.flatMap { $0.generation > generation ? $0.keys : nil }
      }
    }
  }

  func health() throws {
    let now = MonotonicTime.now.nanoseconds
    let (failure, asks) = state.withLock { state in
      (state.cache.canServe(at: now) ? nil : state.cache.failure, state.cache.held == nil && state.cache.mayAsk(at: now))
    }
    // The first caller need not wait for the keys.
    if asks { _ = ask() }
    if let failure { throw failure }
  }

  /// Nothing is asked any more, and what was is over: the host may not be called once the instance is gone.
  func stop(before deadline: MonotonicTime) {
    let (question, ended) = state.withLock { state in
      state.isStopped = true
      return (state.question, state.ended)
    }
    question?.cancel()
    _ = ended?.wait(before: deadline)
  }

  /// Whoever comes while a question is under way waits for the same answer.
  private func ask() -> Task<Void, Never> {
    state.withLock { state in
      if let question = state.question { return question }
      guard !state.isStopped else { return Task {} }
      state.cache.asks(at: MonotonicTime.now.nanoseconds)
      // Not a part of the call that happens to need it: others wait for it too.
      let ended = Gate()
      let question = Task.detached { [self] in
        await load()
        ended.open()
      }
      (state.question, state.ended) = (question, ended)
      return question
    }
  }

  private func load() async {
    let outcome: Result<KeySet, PluginError>
    do {
      outcome = .success(try await loader.load())
    } catch let error as PluginError {
      outcome = .failure(error)
    } catch {
      outcome = .failure(PluginError(.cancelled, "the question for the identity provider's keys was ended"))
    }
    let changed = state.withLock { state -> Bool in
      state.question = nil
      let wasFailing = state.cache.failure != nil
      switch outcome {
      case .success(let keys): state.cache.received(keys, at: MonotonicTime.now.nanoseconds)
      case .failure(let error): state.cache.failed(error)
      }
      return wasFailing != (state.cache.failure != nil)
    }
    tell(outcome, changed)
  }

  /// An outage is told once, and once that it is over.
  private func tell(_ outcome: Result<KeySet, PluginError>, _ changed: Bool) {
    switch outcome {
    case .success(let keys):
      let fields = [("keys", String(keys.entries.count)), ("skipped", String(keys.skipped))]
      services.log(changed ? .info : .debug, "The identity provider's keys were loaded", fields)
      services.metrics?.record(.counter, "jwt_key_loads", value: 1, labels: [("outcome", "success")])
    case .failure(let error):
      if changed { services.log(.warning, "The identity provider's keys could not be loaded", [("reason", error.message)]) }
      services.metrics?.record(.counter, "jwt_key_loads", value: 1, labels: [("outcome", "failure")])
    }
  }
}
