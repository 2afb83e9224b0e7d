internal import NIOCore

extension GuardrailRegister {
  /// For telemetry: each guardrail's counts, and whether its breaker keeps calls from it.
  var metrics: [MetricsSnapshot.Metric] {
    let guardrails = guardrails
    guard !guardrails.isEmpty else { return [] }
    let counts = guardrails.map { ($0.name, $0.watch.tally.current) }
    let checks = counts.flatMap { name, counts in
      let outcomes =
        [("allow", counts.allowed), ("block", counts.blocked), ("transform", counts.transformed), ("not_asked", counts.notAsked)]
        + counts.failures.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key.rawValue, $0.value) }
      return outcomes.map { outcome, count in
        MetricsSnapshot.Point(
          attributes: [TelemetryAttribute("guardrail", .string(name)), TelemetryAttribute("outcome", .string(outcome))],
          value: Double(count))
      }
    }
    let times = counts.map { name, counts in
      MetricsSnapshot.Point(
        attributes: [TelemetryAttribute("guardrail", .string(name))], value: counts.sumSeconds, count: counts.buckets.reduce(0, +),
        bucketCounts: counts.buckets)
    }
    let open = guardrails.map { guardrail in
      MetricsSnapshot.Point(
        attributes: [TelemetryAttribute("guardrail", .string(guardrail.name))], value: guardrail.watch.breaker.word == "closed" ? 0 : 1)
    }
    return [
      MetricsSnapshot.Metric(
        kind: .counter, name: "enkrypt_guardrail_checks_total", unit: "1",
        help: "Checks by guardrail and outcome: a verdict's action, or why there was none", points: checks),
      MetricsSnapshot.Metric(
        kind: .histogram, name: "enkrypt_guardrail_check_duration_seconds", unit: "s", help: "Time of one check",
        bounds: DurationHistogram.boundsSeconds, points: times),
      MetricsSnapshot.Metric(
        kind: .gauge, name: "enkrypt_guardrail_breaker_open", unit: "1", help: "1 while a guardrail is not asked", points: open),
    ]
  }
}
