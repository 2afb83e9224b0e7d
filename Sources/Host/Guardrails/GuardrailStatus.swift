internal import JSON
internal import NIOCore

/// How one guardrail of a running gateway is doing, for status output. Why it fails stands in the log: the reader may be any caller.
struct GuardrailStatus {
  private let guardrail: BoundGuardrail
  private let counts: GuardrailTally.Counts
  private let now = NIODeadline.now()
  private let unixNow = WallClock.nowUnixNanoseconds()

  init(_ guardrail: BoundGuardrail) {
    self.guardrail = guardrail
    counts = guardrail.watch.tally.current
  }

  /// `failing`: it is not asked at present, or something that it is for gave no verdict in its self-test.
  private enum Word: String { case working, unused, failing }

  var document: JSONValue {
    let breaker = guardrail.watch.breaker
    let selfTest = guardrail.watch.selfTest
    let isFailing = breaker.word != "closed" || !selfTest.failing.isEmpty
    let word: Word = isFailing ? .failing : counts.verdicts == 0 ? .unused : .working
    var document: JSONObject = [
      "guardrail": .string(guardrail.name), "provider": .string(guardrail.instance.listing.name), "state": .string(word.rawValue),
      "on_failure": .string(guardrail.onFailure.rawValue), "breaker": .string(breaker.word),
      "runs": .number(counts.verdicts), "allowed": .number(counts.allowed), "blocked": .number(counts.blocked),
      "transformed": .number(counts.transformed), "failures": .number(counts.failed), "not_asked": .number(counts.notAsked),
      "breaker_openings": .number(breaker.openings), "last_run": .time(unix(counts.lastVerdict)),
      "last_failure": .time(unix(counts.lastFailure?.at)),
    ]
    if let kind = counts.lastFailure?.code { document["last_failure_kind"] = .string(kind.rawValue) }
    if !counts.failures.isEmpty {
      document["failures_by_kind"] = .object(
        counts.failures.sorted { $0.key.rawValue < $1.key.rawValue }.reduce(into: JSONObject()) { $0[$1.key.rawValue] = .number($1.value) })
    }
    if let retryIn = breaker.retryIn { document["retry_in_seconds"] = .number(JSONNumber(Self.rounded(retryIn))) }
    let checks = counts.buckets.reduce(0, +)
    if checks > 0 { document["mean_milliseconds"] = .number(JSONNumber((counts.sumSeconds * 1e6 / Double(checks)).rounded() / 1000)) }
    document["self_test"] = .object([
      "passed": .number(UInt64(selfTest.proven)), "failed": .number(UInt64(selfTest.failing.count)),
    ])
    return .object(document)
  }

  private func unix(_ time: NIODeadline?) -> UInt64? {
    time.map { unixNow &- UInt64(max((now - $0).nanoseconds, 0)) }
  }

  private static func rounded(_ time: TimeAmount) -> Double { Double(time.nanoseconds / 1_000_000) / 1000 }
}

extension JSONValue {
  fileprivate static func number(_ count: UInt64) -> JSONValue { .number(JSONNumber(Int(clamping: count))) }

  fileprivate static func time(_ unixNanoseconds: UInt64?) -> JSONValue {
    unixNanoseconds.map { .string(WallClock.iso8601(unixNanoseconds: $0)) } ?? .null
  }
}

extension GuardrailRegister {
  var document: JSONValue { .array(guardrails.map { GuardrailStatus($0).document }) }
}
