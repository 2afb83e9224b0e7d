import Foundation
import PluginTesting
import Testing

@testable import {{Name}}

@Suite struct {{Name}}Tests {
  @Test func `records become lines`() async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "telemetry-test-\(UUID())").path
    let telemetry = try ProviderUnderTest(plugin, "{{name}}", config: #"{"path": "\#(path)"}"#)
    telemetry.emit(logs: ["two\nlines", "another"])
    try await telemetry.flush()
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "log  two lines\nlog  another\n")
    try FileManager.default.removeItem(atPath: path)
  }

  @Test func `the configuration is checked`() {
    for path in ["relative", "/no/such/folder/file"] {
      #expect(throws: ProviderUnderTest.Failure.self) { try ProviderUnderTest(plugin, "{{name}}", config: #"{"path": "\#(path)"}"#) }
    }
  }
}
