import Testing

@testable import Host

@Suite struct TraceContextTests {
  @Test func `a good traceparent is gone on with`() {
    let context = TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    #expect(context.traceparent.hasPrefix("00-4bf92f3577b34da6a3ce929d0e0e4736-"))
    #expect(context.parentSpanID == 0x00f0_67aa_0ba9_02b7)
    #expect(context.spanID != context.parentSpanID)
    #expect(context.isSampled)
    #expect(!TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00").isSampled)
  }

  @Test(arguments: [
    "", "00", "garbage", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra", "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
  ])
  func `a bad one begins a new trace`(text: String) {
    let context = TraceContext(traceparent: text)
    #expect(context.parentSpanID == 0)
    #expect(!context.traceparent.contains("4bf92f3577b34da6"))
  }

  @Test func `a child keeps the trace and points at its parent`() {
    let parent = TraceContext()
    let child = parent.child()
    #expect(child.traceHigh == parent.traceHigh && child.traceLow == parent.traceLow)
    #expect(child.parentSpanID == parent.spanID && child.spanID != parent.spanID)
  }
}
