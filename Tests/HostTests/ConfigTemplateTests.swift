import Foundation
import JSON
import Testing

@testable import Host

@Suite struct ConfigTemplateTests {
  private let scratch: ConfigScratch

  init() throws { scratch = try ConfigScratch() }

  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test func `a generated configuration loads without a warning, and its key opens it`() throws {
    let template = ConfigTemplate(executablePath: "/opt/bin/secure-mcp-gateway")
    let path = scratch.path + "/new/dir/config.json"
    try template.write(to: path, overwriting: false)
    let keyPath = try template.storeKey(beside: path)
    let source = ConfigSource(origin: .commandLine, path: path)
    let snapshot = try ConfigStore.load(source: source, environment: [:], log: Log(sink: ConfigLog(), scope: "config")).snapshot
    #expect(snapshot.warnings == [])
    let record = try #require(snapshot.directory.record(of: template.key))
    #expect(record.flags == [] && record.configID == template.configID && record.userID == template.userID)
    let server = try #require(snapshot.config.mcpConfigs[template.configID]?.server(named: "echo_server"))
    #expect(server.command?.command == "/opt/bin/secure-mcp-gateway" && server.command?.arguments == ["echo-server"])
    #expect(server.inputPolicy.isEnabled && server.inputPolicy.block == [.keywordDetector])
    #expect(server.inputPolicy.bindings == ["keywords", "patterns"])
    #expect(server.outputPolicy.isEnabled)
    #expect(try String(contentsOfFile: keyPath, encoding: .utf8) == template.key + "\n")
    #expect(try !String(contentsOfFile: path, encoding: .utf8).contains(template.key))
  }

  @Test func `files are private, whole, and never overwritten unasked`() throws {
    let path = scratch.path + "/new/config.json"
    let first = ConfigTemplate(executablePath: "/x")
    try first.write(to: path, overwriting: false)
    try first.storeKey(beside: path)
    #expect(try mode(path) == 0o600)
    #expect(try mode(scratch.path + "/new") == 0o700)
    #expect(try mode(scratch.path + "/new/gateway_key") == 0o600)
    let content = try Data(contentsOf: URL(filePath: path))
    let failure = #expect(throws: FileBytes.Failure.self) {
      try ConfigTemplate(executablePath: "/x").write(to: path, overwriting: false)
    }
    #expect(failure?.code == EEXIST)
    #expect(try Data(contentsOf: URL(filePath: path)) == content)
    #expect(try String(contentsOfFile: scratch.path + "/new/gateway_key", encoding: .utf8) == first.key + "\n")
    try ConfigTemplate(executablePath: "/x").write(to: path, overwriting: true)
    #expect(try Data(contentsOf: URL(filePath: path)) != content)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/new").sorted() == ["config.json", "gateway_key"])
  }

  @Test func `keys are 48 characters of URL-safe base64, and no two are alike`() {
    let keys = Set((0..<500).map { _ in RandomID.gatewayKey() })
    #expect(keys.count == 500)
    #expect(keys.allSatisfy { $0.utf8.count == 48 && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) } })
    let uuid = RandomID.uuid()
    #expect(UUID(uuidString: uuid) != nil && uuid == uuid.lowercased())
  }
}
