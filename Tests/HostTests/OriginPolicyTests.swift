import NIOHTTP1
import Testing

@testable import Host

@Suite struct OriginPolicyTests {
  private let policy = OriginPolicy(allowedHosts: ["gateway.example"], allowedOrigins: ["https://app.example"])

  @Test(
    arguments: [
      ("127.0.0.1:8000", nil, 0), ("localhost", nil, 0), ("LOCALHOST:1", nil, 0), ("[::1]:8000", nil, 0), ("gateway.example:443", nil, 0),
      ("evil.example", nil, 421), ("127.0.0.1.evil.example", nil, 421), ("", nil, 421), ("[::1", nil, 421),
      ("localhost", "https://app.example", 0), ("localhost", "HTTPS://APP.EXAMPLE", 0), ("localhost", "http://localhost:5173", 0),
      ("localhost", "https://evil.example", 403), ("localhost", "null", 403), ("localhost", "http://localhost.evil.example", 403),
      ("localhost", "https://app.example.evil", 403), ("localhost", "file://localhost", 403), ("localhost", "", 403),
    ] as [(String, String?, Int)])
  func `host and origin decide`(host: String, origin: String?, status: Int) {
    var headers: HTTPHeaders = ["host": host]
    if let origin { headers.add(name: "origin", value: origin) }
    #expect(policy.refusal(of: headers).map { Int($0.status.code) } ?? 0 == status)
  }

  @Test func `a missing or doubled host is refused`() {
    #expect(policy.refusal(of: [:])?.status == .misdirectedRequest)
    #expect(policy.refusal(of: HTTPHeaders([("host", "localhost"), ("host", "localhost")]))?.status == .misdirectedRequest)
  }

  @Test func `a second origin cannot hide behind an allowed one`() {
    #expect(
      policy.refusal(of: HTTPHeaders([("host", "localhost"), ("origin", "https://app.example"), ("origin", "https://evil.example")]))?
        .status == .forbidden)
  }
}
