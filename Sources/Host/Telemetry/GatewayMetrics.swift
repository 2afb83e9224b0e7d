internal import Synchronization

/// A number that only grows. Relaxed atomics: read at scrape time, about 3 ns to add.
package final class Counter: Sendable {
  package let name: String
  package let help: String
  private let value = Atomic<UInt64>(0)

  init(_ name: String, _ help: String) {
    self.name = name
    self.help = help
  }

  package func increment() { value.add(1, ordering: .relaxed) }
  package var current: UInt64 { value.load(ordering: .relaxed) }
}

/// Counts durations in fixed buckets.
package final class DurationHistogram: Sendable {
  package let name: String
  package let help: String
  /// Inclusive upper edges in seconds; one more bucket holds what is above.
  package static let boundsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

  private struct State {
    var buckets = [UInt64](repeating: 0, count: DurationHistogram.boundsSeconds.count + 1)
    var sumSeconds = 0.0
    var count: UInt64 = 0
  }
  private let state = Mutex(State())

  init(_ name: String, _ help: String) {
    self.name = name
    self.help = help
  }

  package func record(nanoseconds: Int64) {
    let seconds = Double(nanoseconds) / 1e9
    let bucket = Self.boundsSeconds.firstIndex { seconds <= $0 } ?? Self.boundsSeconds.count
    state.withLock { state in
      state.buckets[bucket] += 1
      state.sumSeconds += seconds
      state.count += 1
    }
  }

  package var current: (buckets: [UInt64], sumSeconds: Double, count: UInt64) {
    state.withLock { ($0.buckets, $0.sumSeconds, $0.count) }
  }
}

/// Every metric of the gateway itself. The names are the original's where it has one.
package final class GatewayMetrics: Sendable {
  package let apiRequests = Counter("enkrypt_api_requests_total", "HTTP requests to the MCP endpoint")
  package let authSuccess = Counter("enkrypt_auth_success_total", "Requests whose caller is known")
  package let authFailure = Counter("enkrypt_auth_failure_total", "Requests refused for their credentials")
  package let listCalls = Counter("enkrypt_list_all_servers_calls", "Calls of enkrypt_list_all_servers")
  package let serversDiscovered = Counter("enkrypt_servers_discovered", "Tool discoveries that a server answered")
  package let cacheHits = Counter("enkrypt_cache_hits_total", "Lists of servers' items found in the cache")
  package let cacheMisses = Counter("enkrypt_cache_misses_total", "Lists of servers' items not found in the cache")
  package let toolCalls = Counter("enkrypt_tool_calls_total", "Tool calls asked for")
  package let toolCallSuccess = Counter("enkrypt_tool_call_success_total", "Tool calls that succeeded")
  package let toolCallFailure = Counter("enkrypt_tool_call_failure_total", "Tool calls that failed")
  package let toolCallBlocked = Counter("enkrypt_tool_call_blocked_total", "Tool calls that a guardrail blocked")
  package let guardrailRuns = Counter("enkrypt_guardrail_runs_total", "Verdicts given by guardrails")
  package let guardrailBlocks = Counter("enkrypt_guardrail_violations_total", "Verdicts that block")
  package let guardrailPassed = Counter(
    "enkrypt_guardrail_flags_total", "Verdicts that found something and let the message pass, with or without replacing it")
  package let guardrailObserved = Counter(
    "enkrypt_guardrail_observed_total", "Verdicts that would have blocked or changed a message, under policies that only observe")
  package let guardrailFailures = Counter("enkrypt_guardrail_failures_total", "Checks that ended without a verdict")
  package let telemetryDropped = Counter("enkrypt_telemetry_dropped_total", "Records dropped because the telemetry queue was full")
  package let requestDuration = DurationHistogram("enkrypt_api_request_duration_seconds", "Time from a whole request to its answer")
  package let toolCallDuration = DurationHistogram("enkrypt_tool_call_duration_seconds", "Time of one tool call, guardrails included")

  /// Each guardrail's own counts.
  package let guardrails = GuardrailRegister()
  /// What each plugin does.
  package let plugins = PluginActivity()

  package init() {}

  package var counters: [Counter] {
    [
      apiRequests, authSuccess, authFailure, listCalls, serversDiscovered, cacheHits, cacheMisses, toolCalls, toolCallSuccess,
      toolCallFailure, toolCallBlocked, guardrailRuns, guardrailBlocks, guardrailPassed, guardrailObserved, guardrailFailures,
      telemetryDropped,
    ]
  }
  package var histograms: [DurationHistogram] { [requestDuration, toolCallDuration] }
}
