import PluginSDK

/// A guardrail in Swift that asks a service; its configuration is the service's URL.
struct SwiftAsking: AsyncGuardrailProvider {
  static let name = "swift_asking"
  static let configSchema = "{}"
  private let http: HTTPClient
  private let url: String

  init(config: PluginConfig, host: PluginServices) throws {
    guard let http = host.http else { throw PluginError.unavailable("the host has no HTTP") }
    self.http = http
    url = config.text.split(separator: "\"").last { $0.hasPrefix("http") }.map(String.init) ?? ""
  }

  func check(_ request: GuardrailRequest.Copy) async throws -> Verdict {
    let text = request.segments[0].text
    if text == "twice" {
      async let first = ask("fine")
      async let second = ask("forbidden")
      return try await [first, second].contains("block") ? .block([]) : .allow
    }
    let word = try await ask(text, maxResponseBytes: text == "short" ? 2 : nil)
    guard word == "block" else { return .allow }
    return .block([Violation(category: "service", code: "word", message: "The service says no.")])
  }

  private func ask(_ text: String, maxResponseBytes: Int? = nil) async throws -> String {
    let response = try await http.send(
      HTTPRequest(
        "POST", url, headers: [("Content-Type", "text/plain"), ("X-Tag", "swift")], body: Array(text.utf8),
        maxResponseBytes: maxResponseBytes)
    )
    guard response.status == 200, response.header("x-evidence") != nil else { throw PluginError.unavailable("status \(response.status)") }
    return String(decoding: response.body, as: UTF8.self)
  }

  static let plugin = Plugin(
    id: "test.swift-asking", version: "1", vendor: "tests", license: "none", providers: [Provider(SwiftAsking.self)])
  static func table(minor: UInt32) -> PluginTable? { plugin.entry(minor) }
}
