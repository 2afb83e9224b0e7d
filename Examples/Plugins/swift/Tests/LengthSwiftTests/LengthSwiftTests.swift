import PluginTesting
import Testing

@testable import LengthSwift

@Suite struct LengthSwiftTests {
  @Test func `long texts are blocked`() async throws {
    let guardrail = try ProviderUnderTest(plugin, "length-swift", config: #"{"max_bytes": 5}"#)
    #expect(try await guardrail.check(["hello"]).isAllowed)
    let verdict = try await guardrail.check(["hello", "hello!"])
    #expect(verdict.isBlocked)
    #expect(verdict.violations.map(\.segment) == [1] && verdict.violations.map(\.start) == [5])
  }

  @Test func `the configuration is checked`() {
    #expect(throws: ProviderUnderTest.Failure.self) { try ProviderUnderTest(plugin, "length-swift", config: #"{"max_bytes": "many"}"#) }
  }
}
