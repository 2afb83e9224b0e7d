import JSON
import NIOCore
import Testing

@testable import Host

@Suite struct TimeoutMetricsTests {
  @Test func `operations are counted by how they ended and how late`() async {
    let metrics = TimeoutMetrics()
    for outcome in [TimeoutMetrics.Outcome.successful, .timedOut, .cancelled, .failed] {
      _ = await metrics.track(.discovery, server: "s", timeout: .hours(1), escalation: EscalationThresholds(), outcome: { _ in outcome }) {
        1
      }
    }
    _ = await metrics.track(
      .toolExecution, server: "s", timeout: .nanoseconds(1), escalation: EscalationThresholds(), outcome: { _ in .successful }
    ) { 1 }
    let document = metrics.document()["timeout_metrics"]
    #expect(document?["total_operations"]?.intValue == 5)
    #expect(document?["successful_operations"]?.intValue == 2)
    #expect(document?["timeout_operations"]?.intValue == 1)
    #expect(document?["cancelled_operations"]?.intValue == 1)
    #expect(document?["escalation_counts"]?["normal"]?.intValue == 4)
    #expect(document?["escalation_counts"]?["fail"]?.intValue == 1)
    #expect(document?["success_rate"]?.doubleValue == 0.4)
  }

  @Test func `an operation under way is listed`() async {
    let metrics = TimeoutMetrics()
    let seen = await metrics.track(
      .toolExecution, server: "s", timeout: .hours(1), escalation: EscalationThresholds(), outcome: { _ in .successful }
    ) {
      metrics.document()
    }
    #expect(seen["timeout_metrics"]?["active_operations"]?.intValue == 1)
    #expect(seen["active_operations"]?["tool_execution_1"]?.stringValue == "running")
    #expect(metrics.document()["timeout_metrics"]?["active_operations"]?.intValue == 0)
  }
}
