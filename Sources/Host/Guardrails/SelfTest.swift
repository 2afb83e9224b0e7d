internal import NIOCore

/// `startup` of a guardrail binding: what follows when it gives no verdict at the gateway's start.
package enum StartupPolicy: String, Sendable, Hashable, CaseIterable {
  /// With `on_failure: block`, the gateway does not serve. The default.
  case strict
  /// The gateway serves, blocks what this guardrail should judge, and goes on trying.
  case degraded
}

/// Proves, before anybody is served, that the guardrails which have to give verdicts do: a canary for each kind of question goes through each of them, side by side.
struct SelfTest: Sendable {
  let log: Log

  private struct Trial: Sendable {
    let guardrail: BoundGuardrail
    let canary: Canary
  }

  /// Tries the guardrails that must not be missing, as far as they have not been proven yet.
  /// - Throws: `guardrailFailed` when one gives no verdict.
  func require(_ state: GatewayState) async throws(GatewayError) {
    let missing = await run(state) { guardrail, kinds in guardrail.isIndispensable ? guardrail.watch.unproven(kinds) : [] }
    guard let first = missing.first else { return }
    let more = missing.count > 1 ? " So it is with \(missing.count - 1) more of the self-tests." : ""
    for failed in missing { failed.guardrail.watch.forget(failed.canary.kind) }
    throw GatewayError(
      .guardrailFailed,
      "The guardrail '\(first.guardrail.name)' gave no verdict in its self-test (\(first.canary.place)), and its on_failure is block.\(more)",
      cause: first.reason,
      suggestions: [
        "See what is wrong with it: secure-mcp-gateway guardrail test --input hello --server \(first.canary.server).",
        "To serve meanwhile and block what it should judge, set \"startup\": \"degraded\" in its binding.",
      ])
  }

  /// Tries what has not been proven yet.
  /// - Returns: whether everything is now.
  func tryRest(_ state: GatewayState) async -> Bool {
    await run(state) { guardrail, kinds in guardrail.watch.unproven(kinds) }.isEmpty
  }

  /// What one guardrail's self-test found.
  struct Result: Sendable {
    let name: String
    /// Kinds of checks that work.
    let proven: Int
    /// Why the first of those that do not gave no verdict.
    let failure: String?
    let isIndispensable: Bool
  }

  /// Tries everything once.
  func results(_ state: GatewayState) async -> [Result] {
    let missing = await run(state) { _, kinds in kinds }
    return state.guardrails.map { guardrail in
      Result(
        name: guardrail.name, proven: guardrail.watch.selfTest.proven,
        failure: missing.first { $0.guardrail.name == guardrail.name }.map { "\($0.canary.place): \($0.reason)" },
        isIndispensable: guardrail.isIndispensable)
    }
  }

  private struct Missing: Sendable {
    let guardrail: BoundGuardrail
    let canary: Canary
    let reason: String
  }

  private func run(
    _ state: GatewayState, choosing: (BoundGuardrail, [Canary.Kind]) -> [Canary.Kind]
  ) async -> [Missing] {
    var trials: [Trial] = []
    for guardrail in state.guardrails {
      let canaries = Canary.all(for: guardrail, in: state)
      let chosen = Set(choosing(guardrail, canaries.map(\.kind)))
      trials += canaries.filter { chosen.contains($0.kind) }.map { Trial(guardrail: guardrail, canary: $0) }
    }
    let replies = await ask(trials)
    return conclude(trials, replies)
  }

  /// So many at a time; each ends by its guardrail's timeout.
  private func ask(_ trials: [Trial]) async -> [PluginReply<Verdict>?] {
    var replies = [PluginReply<Verdict>?](repeating: nil, count: trials.count)
    await withTaskGroup(of: (Int, PluginReply<Verdict>).self) { group in
      var next = 0
      func begin() {
        guard next < trials.count else { return }
        let (index, trial) = (next, trials[next])
        next += 1
        group.addTask { (index, await trial.guardrail.tryOut(trial.canary.request)) }
      }
      for _ in 0..<Limits.Guardrails.maxCanariesAtOnce { begin() }
      for await (index, reply) in group {
        replies[index] = reply
        begin()
      }
    }
    return replies
  }

  private func conclude(_ trials: [Trial], _ replies: [PluginReply<Verdict>?]) -> [Missing] {
    var missing: [Missing] = []
    var proven: [String: [Canary.Kind]] = [:]
    for (trial, reply) in zip(trials, replies) {
      if case .value(let verdict) = reply {
        proven[trial.guardrail.name, default: []].append(trial.canary.kind)
        if verdict.action == .block { reportBlock(trial) }
      } else {
        missing.append(Missing(guardrail: trial.guardrail, canary: trial.canary, reason: reply?.failureText ?? "no answer"))
      }
    }
    var seen: Set<String> = []
    for guardrail in trials.map(\.guardrail) where seen.insert(guardrail.name).inserted {
      let failing = missing.filter { $0.guardrail.name == guardrail.name }
      guardrail.watch.tested(
        proven: proven[guardrail.name] ?? [], failing: Dictionary(failing.map { ($0.canary.kind, $0.reason) }) { first, _ in first })
      report(guardrail, proven: proven[guardrail.name]?.count ?? 0, failing)
    }
    return missing
  }

  private func report(_ guardrail: BoundGuardrail, proven: Int, _ failing: [Missing]) {
    guard let first = failing.first else {
      return log.info("Guardrail passed its self-test", ["guardrail": guardrail.name, "checks": String(proven)])
    }
    log.warning(
      "Guardrail gave no verdict in its self-test",
      [
        "guardrail": guardrail.name, "check": first.canary.place, "reason": first.reason, "failed": String(failing.count),
        "passed": String(proven), "on_failure": guardrail.onFailure.rawValue, "startup": guardrail.startup.rawValue,
      ])
  }

  private func reportBlock(_ trial: Trial) {
    log.warning(
      "Guardrail blocks the harmless text of its self-test: does it block everything?",
      ["guardrail": trial.guardrail.name, "check": trial.canary.place])
  }
}

extension BoundGuardrail {
  /// Without its verdicts the gateway does not serve.
  var isIndispensable: Bool { onFailure == .block && startup == .strict }
}
