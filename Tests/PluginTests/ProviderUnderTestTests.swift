import PluginSDK
import PluginTesting
import Testing

/// The host for tests of plugins, with providers as authors write them.
@Suite struct ProviderUnderTestTests {
  private struct Asking: AsyncGuardrailProvider {
    static let name = "asking"
    static let configSchema = #"{"type": "object"}"#
    private let http: HTTPClient
    private let host: PluginServices

    init(config: PluginConfig, host: PluginServices) throws {
      guard config.text != "{\"wrong\":1}" else { throw PluginError.invalid("wrong: is wrong") }
      guard let http = host.http else { throw PluginError.unavailable("the host has no HTTP") }
      self.http = http
      self.host = host
    }

    func check(_ request: GuardrailRequest.Copy) async throws -> Verdict {
      let texts = request.segments.map(\.text).joined(separator: "\n")
      let response = try await http.send(HTTPRequest("POST", "https://service.example/verdict", body: Array(texts.utf8)))
      host.log(.info, "asked")
      guard response.status == 200 else { throw PluginError.unavailable("status \(response.status)") }
      return response.body == Array("block".utf8) ? .block([]) : .allow
    }
  }

  private struct Door: AuthProvider {
    static let name = "door"
    static let configSchema = #"{"type": "object"}"#
    init(config: PluginConfig, host: PluginServices) throws {}

    func authenticate(_ request: AuthRequest) -> AuthDecision {
      guard request.copy.headers.contains(where: { $0 == ("key", "open") }) else {
        return .refused(Refusal(.forbidden, code: "AUTH_003", message: "closed", wwwAuthenticate: "Key"))
      }
      return .identified(Identity(subject: "ada", projectID: "p", userID: "u", configID: "c", role: "r"))
    }
  }

  private let plugin = Plugin(
    id: "test.under-test", version: "1", vendor: "Tests", license: "CC0-1.0", providers: [Provider(Asking.self), Provider(Door.self)])

  @Test func `a guardrail asks the scripted service`() async throws {
    let host = FakeHost()
    host.service = { FakeHost.Reply(body: $0.body.contains("banana") ? "block" : "allow") }
    let asking = try ProviderUnderTest(plugin, "asking", host: host)
    #expect(try await asking.check(["a banana"]).isBlocked)
    #expect(try await asking.check(["an apple", "a pear"]).isAllowed)
    #expect(host.sent.map(\.body) == ["a banana", "an apple\na pear"])
    #expect(host.logs.map(\.message) == ["asked", "asked"])
    try await asking.health()
  }

  @Test func `a failure is thrown with its words`() async throws {
    let host = FakeHost()
    host.service = { _ in FakeHost.Reply(code: 503) }
    let asking = try ProviderUnderTest(plugin, "asking", host: host)
    let failure = await #expect(throws: ProviderUnderTest.Failure.self) { try await asking.check(["x"]) }
    #expect(failure?.status == 8 && failure?.message == "status 503")
    let refused = #expect(throws: ProviderUnderTest.Failure.self) { try ProviderUnderTest(plugin, "asking", config: #"{"wrong":1}"#) }
    #expect(refused?.message == "wrong: is wrong")
    let lacking = #expect(throws: ProviderUnderTest.Failure.self) { try ProviderUnderTest(plugin, "asking", host: FakeHost(offered: [])) }
    #expect(lacking?.message == "the host has no HTTP")
    #expect(throws: ProviderUnderTest.Failure.self) { try ProviderUnderTest(plugin, "nobody") }
  }

  @Test func `an auth provider's answers come back whole`() async throws {
    let door = try ProviderUnderTest(plugin, "door")
    guard case .identified(let ada) = try await door.authenticate([("key", "open")]) else { throw CancellationError() }
    #expect(ada.subject == "ada" && ada.projectID == "p" && ada.userID == "u" && ada.configID == "c" && ada.role == "r")
    guard case .refused(let refusal) = try await door.authenticate([("key", "shut")]) else { throw CancellationError() }
    #expect(refusal == Refusal(.forbidden, code: "AUTH_003", message: "closed", wwwAuthenticate: "Key"))
  }
}
