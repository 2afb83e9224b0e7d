import PluginABI
import PluginSDK
import PluginTesting
import Synchronization
import Testing

/// What the SDK's HTTP client asks of a host and makes of its answers.
@Suite struct HTTPClientTests {
  /// Blocks when the service's answer is not "yes"; its configuration says what it sends.
  struct Asking: AsyncGuardrailProvider {
    static let name = "asking"
    static let configSchema = "{}"
    let http: HTTPClient
    let script: String

    init(config: PluginConfig, host: PluginServices) throws {
      guard let http = host.http else { throw PluginError.unavailable("no http") }
      self.http = http
      script = config.text
    }

    func check(_ request: GuardrailRequest.Copy) async throws -> Verdict {
      let plain = HTTPRequest("POST", "https://service.example/check", body: Array(request.segments[0].text.utf8))
      let full = HTTPRequest(
        "PUT", "https://service.example/full", headers: [("X-One", "1"), ("Accept", "text/plain")], body: [0x61, 0x62],
        deadline: MonotonicTime(nanoseconds: 77), maxResponseBytes: 12, tlsProfile: "inside", options: [.http2, .untraced])
      let response = try await http.send(script == "full" ? full : plain)
      let text = String(decoding: response.body, as: UTF8.self)
      guard response.status == 200, text == "yes" else {
        return .block([Violation(category: response.header("x-kind") ?? "", code: response.trailers.first?.name ?? "", message: text)])
      }
      return .allow
    }
  }

  static let plugin = Plugin(id: "test.http", version: "1", vendor: "tests", license: "none", providers: [Provider(Asking.self)])

  private func instance(_ host: FakeHost, _ script: String = "") throws -> TestInstance {
    try TestInstance(#require(Self.plugin.entry(SMG_ABI_MINOR)), "asking", config: script, host: host)
  }

  /// The one request that waits for its answer.
  private func sent(_ host: FakeHost) async throws -> (id: UInt64, request: FakeHost.Sent) {
    #expect(await eventually { host.state.withLock { $0.requests.count } == 1 })
    let first = try #require(host.state.withLock { $0.requests.first })
    return (first.key, first.value)
  }

  @Test func `a request goes out whole, for the call that it serves`() async throws {
    let host = FakeHost(expects: .verdict)
    let instance = try instance(host, "full")
    let call = instance.startCheck(["x"])
    let (id, request) = try await sent(host)
    #expect(request.method == "PUT" && request.url == "https://service.example/full" && request.body == "ab")
    #expect(request.headers == ["X-One": "1", "Accept": "text/plain"] && request.tlsProfile == "inside")
    #expect(request.flags == SMG_HTTP_2 | SMG_HTTP_NO_TRACE && request.deadline == 77 && request.maxResponseBytes == 12)
    #expect(request.call == call)
    host.answer(id, code: 200, body: "yes")
    #expect(await eventually { host.completions.count == 1 })
    #expect(try instance.found(instance.completion(of: call)).action == SMG_ALLOW)
  }

  @Test func `what is not said is the host's to choose`() async throws {
    let host = FakeHost(expects: .verdict)
    let instance = try instance(host)
    let call = instance.startCheck(["é"])
    let (id, request) = try await sent(host)
    #expect(
      request.deadline == 0 && request.maxResponseBytes == 0 && request.flags == 0 && request.tlsProfile.isEmpty && request.headers.isEmpty)
    #expect(request.body == "é")
    host.answer(id, code: 503, headers: [("x-kind", "odd"), ("x-kind", "other")], body: "no")
    #expect(await eventually { host.completions.count == 1 })
    let violation = try #require(instance.found(instance.completion(of: call)).violations.first)
    #expect((violation.category, violation.code, violation.message) == ("odd", "x-end", "no"))
  }

  @Test(arguments: [
    (SMG_E_INVALID, SMG_E_INVALID), (SMG_E_TIMEOUT, SMG_E_TIMEOUT), (SMG_E_UNAVAILABLE, SMG_E_UNAVAILABLE),
    (SMG_E_CANCELLED, SMG_E_CANCELLED), (smg_status(99), SMG_E_INTERNAL),
  ])
  func `a request without an answer is an error of its kind`(status: smg_status, expected: smg_status) async throws {
    let host = FakeHost(expects: .verdict)
    let instance = try instance(host)
    let call = instance.startCheck(["x"])
    let (id, _) = try await sent(host)
    host.answer(id, status: status, message: "because")
    #expect(await eventually { host.completions.count == 1 })
    let completion = try instance.completion(of: call)
    #expect(completion.status == expected)
    if expected != SMG_E_CANCELLED { #expect(completion.message == "because") }
  }

  @Test(arguments: [(SMG_E_UNAVAILABLE, SMG_E_UNAVAILABLE), (SMG_E_STALE, SMG_E_CANCELLED), (SMG_E_CANCELLED, SMG_E_CANCELLED)])
  func `a request that is not started is an error`(status: smg_status, expected: smg_status) async throws {
    let host = FakeHost(expects: .verdict)
    host.state.withLock { $0.httpStatus = status }
    let instance = try instance(host)
    let call = instance.startCheck(["x"])
    #expect(await eventually { host.completions.count == 1 })
    #expect(try instance.completion(of: call).status == expected)
  }

  @Test func `cancelling a call cancels its request`() async throws {
    let host = FakeHost(expects: .verdict)
    let instance = try instance(host)
    let call = instance.startCheck(["x"])
    _ = try await sent(host)
    instance.vtable(smg_guardrail.self).cancel?(instance.pointer, call)
    #expect(await eventually { host.completions.count == 1 })
    #expect(try instance.completion(of: call).status == SMG_E_CANCELLED)
    #expect(host.state.withLock { $0.requests.isEmpty })
  }

  @Test func `a smaller response is not read, a host without HTTP is none`() async throws {
    let host = FakeHost(expects: .verdict)
    let instance = try instance(host)
    let call = instance.startCheck(["x"])
    host.answer(try await sent(host).id, code: 200, body: "yes", size: 16)
    #expect(await eventually { host.completions.count == 1 })
    #expect(try instance.completion(of: call).status == SMG_E_INTERNAL)
    #expect(throws: CreateRefused.self) { try self.instance(FakeHost(expects: .verdict, offered: [])) }
  }
}
