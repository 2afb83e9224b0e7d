import PluginABI
import PluginSDK
import PluginTesting
import Synchronization
import Testing

@Suite struct LocalAPIKeyAuthTests {
  static let record = KeyRecord(
    keyID: "key-1", projectID: "project-1", userID: "user-1", configID: "config-1", role: "admin", flags: [], revision: 7)

  private func instance(_ name: String = "local_apikey", config: String = "{}", host: FakeHost = host()) throws -> TestInstance {
    try TestInstance(BuiltLibrary(name: "LocalAPIKeyAuth").open(), name, config: config, host: host)
  }

  private static func host(_ flags: KeyRecord.Flags = []) -> FakeHost {
    let host = FakeHost(expects: .identity)
    var record = record
    record.flags = flags
    host.state.withLock { $0.keys["the-key"] = record }
    return host
  }

  static let accepted: [[(String, String)]] = [
    [("apikey", "the-key")],
    [("enkrypt_gateway_key", "the-key")],
    [("authorization", "Bearer the-key")],
    [("authorization", "bEARER   the-key")],
    [("apikey", "the-key"), ("enkrypt_gateway_key", "the-key"), ("authorization", "Bearer the-key")],
    [("apikey", "the-key"), ("apikey", "the-key")],
    [("apikey", "the-key"), ("authorization", "Basic dXNlcjpwYXNz")],
    [("apikey", "the-key"), ("project_id", "project-1"), ("user_id", "user-1")],
    [("apikey", "the-key"), ("project_id", ""), ("user_id", "")],
  ]

  @Test(arguments: ["local_apikey", "enkrypt"], accepted)
  func `a known key is its record's user`(name: String, headers: [(String, String)]) throws {
    let completion = try instance(name).authenticate(headers)
    #expect(completion.status == SMG_OK)
    guard case .identity(let identity) = completion.value else {
      Issue.record("no identity")
      return
    }
    #expect(identity.subject == "user-1_project-1_config-1")
    #expect(identity.projectID == "project-1")
    #expect(identity.userID == "user-1")
    #expect(identity.configID == "config-1")
    #expect(identity.role == "admin")
    #expect(identity.ttlNanoseconds == 60_000_000_000)
    #expect(Set(identity.vary) == ["apikey", "enkrypt_gateway_key", "authorization", "project_id", "user_id"])
  }

  @Test func `credentials over stdio come as headers too`() throws {
    #expect(try instance().authenticate([("enkrypt_gateway_key", "the-key")], transport: "stdio").status == SMG_OK)
  }

  struct Refused: Sendable, CustomTestStringConvertible {
    var headers: [(String, String)]
    var flags: KeyRecord.Flags = []
    var status: smg_status
    var code: String
    var error: String?
    var message: String
    var testDescription: String { "\(headers) \(code)" }
  }

  static let key = [("apikey", "the-key")]
  static let refused: [Refused] = [
    Refused(headers: [], status: SMG_E_UNAUTHENTICATED, code: "AUTH_001", message: "No API key was given"),
    Refused(headers: [("authorization", "Basic x")], status: SMG_E_UNAUTHENTICATED, code: "AUTH_001", message: "No API key was given"),
    Refused(
      headers: [("authorization", "Bearerthe-key")], status: SMG_E_UNAUTHENTICATED, code: "AUTH_001", message: "No API key was given"),
    Refused(headers: [("x-apikey", "the-key")], status: SMG_E_UNAUTHENTICATED, code: "AUTH_001", message: "No API key was given"),
    Refused(
      headers: [("apikey", "other")], status: SMG_E_UNAUTHENTICATED, code: "AUTH_001", error: "invalid_token", message: "not known"),
    Refused(
      headers: [("apikey", "the-key ")], status: SMG_E_UNAUTHENTICATED, code: "AUTH_001", error: "invalid_token", message: "not known"),
    Refused(
      headers: [("apikey", "the-key"), ("enkrypt_gateway_key", "other")], status: SMG_E_UNAUTHENTICATED, code: "AUTH_001",
      error: "invalid_request", message: "two different API keys"),
    Refused(
      headers: [("authorization", "Bearer other"), ("apikey", "the-key")], status: SMG_E_UNAUTHENTICATED, code: "AUTH_001",
      error: "invalid_request", message: "two different API keys"),
    Refused(
      headers: [("apikey", "the-key"), ("apikey", "other")], status: SMG_E_UNAUTHENTICATED, code: "AUTH_001", error: "invalid_request",
      message: "two different API keys"),
    Refused(headers: [("apikey", "")], status: SMG_E_UNAUTHENTICATED, code: "AUTH_001", error: "invalid_request", message: "empty"),
    Refused(
      headers: [("authorization", "Bearer")], status: SMG_E_UNAUTHENTICATED, code: "AUTH_001", error: "invalid_request", message: "empty"),
    Refused(
      headers: [("apikey", String(repeating: "k", count: 1025))], status: SMG_E_UNAUTHENTICATED, code: "AUTH_001", error: "invalid_request",
      message: "longer than"),
    Refused(
      headers: key, flags: .disabled, status: SMG_E_UNAUTHENTICATED, code: "AUTH_009", error: "invalid_token",
      message: "API key is disabled"),
    Refused(headers: key, flags: .expired, status: SMG_E_UNAUTHENTICATED, code: "AUTH_002", error: "invalid_token", message: "expired"),
    Refused(headers: key, flags: .userNotInProject, status: SMG_E_FORBIDDEN, code: "AUTH_003", message: "not a member"),
    Refused(headers: key, flags: .projectWithoutConfig, status: SMG_E_FORBIDDEN, code: "AUTH_008", message: "no MCP configuration"),
    Refused(
      headers: key, flags: [.disabled, .userNotInProject], status: SMG_E_UNAUTHENTICATED, code: "AUTH_009", error: "invalid_token",
      message: "disabled"),
    Refused(headers: key + [("project_id", "project-2")], status: SMG_E_FORBIDDEN, code: "AUTH_003", message: "project"),
    Refused(headers: key + [("user_id", "user-2")], status: SMG_E_FORBIDDEN, code: "AUTH_003", message: "user"),
    Refused(
      headers: key + [("user_id", "user-1"), ("user_id", "user-2")], status: SMG_E_FORBIDDEN, code: "AUTH_003", message: "user"),
  ]

  @Test(arguments: refused)
  func `what is wrong with the credentials has its own code and sentence`(expected: Refused) throws {
    let completion = try instance(host: Self.host(expected.flags)).authenticate(expected.headers)
    #expect(completion.status == expected.status)
    #expect(completion.message.contains(expected.message))
    guard case .refusal(let code, let challenge) = completion.value else {
      Issue.record("no refusal")
      return
    }
    #expect(code == expected.code)
    let realm = #"Bearer realm="secure-mcp-gateway""#
    let whole = expected.error.map { #"\#(realm), error="\#($0)""# } ?? realm
    #expect(challenge == (expected.status == SMG_E_FORBIDDEN ? "" : whole))
    for (_, value) in expected.headers where value.count > 3 { #expect(!completion.message.contains(value)) }
  }

  @Test func `a directory that cannot answer is a failure, not a refusal`() throws {
    let host = Self.host()
    host.state.withLock { $0.directoryStatus = SMG_E_UNAVAILABLE }
    let completion = try instance(host: host).authenticate(Self.key)
    #expect(completion.status == SMG_E_UNAVAILABLE)
  }

  @Test(arguments: [
    ("{}", nil), (#"{"use_remote_config": false, "api_key": "x", "base_url": "https://x", "timeout": 30}"#, nil),
    (#"{"use_remote_config": true}"#, "set the provider to \"enkrypt\""), (#"{"use_remote_config": 1}"#, "true or false"),
    ("[]", "not a JSON object"), ("{", ""),
  ])
  func `the configuration is checked`(config: String, refusal: String?) throws {
    guard let refusal else {
      #expect(throws: Never.self) { try instance(config: config) }
      return
    }
    let error = #expect(throws: CreateRefused.self) { try instance(config: config) }
    #expect(error?.status == SMG_E_INVALID)
    #expect(error?.message.contains(refusal) ?? false || refusal.isEmpty && error?.message.isEmpty == false)
  }

  @Test func `without a key directory there is no instance`() throws {
    let error = #expect(throws: CreateRefused.self) { try instance(host: FakeHost(expects: .identity, offered: [])) }
    #expect(error?.status == SMG_E_UNSUPPORTED)
  }

  @Test func `it is well and ends at once`() async throws {
    let instance = try instance()
    #expect(try instance.health().status == SMG_OK)
    #expect(await instance.stop(deadline: 1) == SMG_OK)
    instance.destroy()
  }
}
