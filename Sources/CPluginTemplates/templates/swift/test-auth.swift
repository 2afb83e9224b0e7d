import PluginSDK
import PluginTesting
import Testing

@testable import {{Name}}

@Suite struct {{Name}}Tests {
  @Test(arguments: [
    ("Bearer 0123456789abcdef", true), ("Bearer 0123456789abcdeX", false), ("Bearer 0123456789abcde", false), ("Bearer ", false), ("", false),
  ])
  func `only the token is let in`(_ authorization: String, isKnown: Bool) async throws {
    let auth = try ProviderUnderTest(plugin, "{{name}}", config: #"{"token": "0123456789abcdef", "config_id": "config-1"}"#)
    switch try await auth.authenticate([("authorization", authorization)]) {
    case .identified(let identity): #expect(isKnown && identity.subject == "{{name}}" && identity.configID == "config-1")
    case .refused(let refusal): #expect(!isKnown && refusal.status == .unauthenticated && refusal.code == "AUTH_001")
    }
  }

  @Test func `the configuration is checked`() {
    #expect(throws: ProviderUnderTest.Failure.self) {
      try ProviderUnderTest(plugin, "{{name}}", config: #"{"token": "short", "config_id": "config-1"}"#)
    }
  }
}
