import JSON
import NIOCore
import Testing

@testable import Host

@Suite struct SecretExpansionTests {
  private let scratch: ConfigScratch
  private let secrets: SecretExpansion

  init() throws {
    scratch = try ConfigScratch()
    secrets = SecretExpansion(directory: scratch.path, environment: ["TOKEN": "t0k3n", "EMPTY": "", "TRICK": "${env:TOKEN}"])
    try scratch.overwrite("from a file\n", at: scratch.path + "/secret")
    try scratch.overwrite("two\nlines\r\n", at: scratch.path + "/lines")
  }

  @Test(arguments: [
    ("plain", "plain"), ("${env:TOKEN}", "t0k3n"), ("Bearer ${env:TOKEN}!", "Bearer t0k3n!"), ("${env:EMPTY}", ""),
    ("$${env:TOKEN}", "${env:TOKEN}"),
    ("${HOME} $x $", "${HOME} $x $"), ("authorization:${AUTH_HEADER}", "authorization:${AUTH_HEADER}"),
    ("${env:TOKEN}${env:TOKEN}", "t0k3nt0k3n"),
    ("${file:secret}", "from a file"), ("${file:lines}", "two\nlines"), ("${env:TRICK}", "${env:TOKEN}"), ("$$$", "$$$"),
    ("é${env:TOKEN}é", "ét0k3né"),
  ])
  func `references are followed once, and everything else is left as it is`(_ text: String, _ expanded: String) throws {
    #expect(try secrets.expand(text) == expanded)
  }

  @Test func `absolute paths are read as they are`() throws {
    #expect(try secrets.expand("${file:\(scratch.path)/secret}") == "from a file")
  }

  @Test func `what cannot be followed is named, and no secret with it`() throws {
    #expect(throws: SecretError.missingVariable("NONE")) { try secrets.expand("${env:TOKEN} ${env:NONE}") }
    #expect(throws: SecretError.unterminated) { try secrets.expand("${env:TOKEN") }
    #expect(throws: SecretError.empty) { try secrets.expand("${file:}") }
    let missing = #expect(throws: SecretError.self) { try secrets.expand("${file:gone}") }
    #expect(missing?.description == "secret file \(scratch.path)/gone cannot open: No such file or directory")
    #expect(throws: SecretError.self) { try secrets.expand("${file:/dev/zero}") }
    #expect(throws: SecretError.self) { try secrets.expand("${file:.}") }
    try scratch.overwrite("a\0b", at: scratch.path + "/binary")
    #expect(throws: SecretError.notText(path: scratch.path + "/binary")) { try secrets.expand("${file:binary}") }
    try scratch.overwrite(String(repeating: "x", count: Limits.Config.maxSecretFileBytes + 1), at: scratch.path + "/large")
    #expect(throws: SecretError.self) { try secrets.expand("${file:large}") }
  }

  @Test func `every string of a tree is expanded, and names of members are not`() throws {
    let tree: JSONValue = ["${env:TOKEN}": ["a": ["${env:TOKEN}", 1, .null, true]], "b": "${file:secret}"]
    #expect(try secrets.expand(tree) == ["${env:TOKEN}": ["a": ["t0k3n", 1, .null, true]], "b": "from a file"])
  }

  @Test func `a command gets its secrets at the moment of use, and the configuration keeps the references`() throws {
    let config = try readConfig(
      #"""
      {"mcp_configs": {"c": {"mcp_config_name": "n", "mcp_config": [{"server_name": "s",
        "config": {"command": "run", "args": ["--token", "${env:TOKEN}"], "env": {"A": "${file:secret}"}}}]}}}
      """#
    ).config
    let server = try #require(config.mcpConfigs["c"]?.servers.first)
    let command = try secrets.expand(try #require(server.command))
    #expect(command.arguments == ["--token", "t0k3n"] && command.environment == [EnvironmentVariable(name: "A", value: "from a file")])
    #expect(server.published["config"]?["args"]?[1] == "${env:TOKEN}")
    #expect(!"\(config)".contains("t0k3n"))
  }

  @Test func `a server whose secret changed has another revision upstream`() throws {
    let text =
      #"{"mcp_configs": {"c": {"mcp_config_name": "n", "mcp_config": [{"server_name": "s", "config": {"command": "r", "env": {"A": "${file:secret}"}}}]}}}"#
    let entry = try #require(try readConfig(text).config.mcpConfigs["c"]?.servers.first)
    let before = try entry.upstream(configID: "c", secrets: secrets)
    #expect(before.environment == ["A": "from a file"] && before.name == "s" && before.configID == "c")
    #expect(try entry.upstream(configID: "c", secrets: secrets) == before)
    try scratch.overwrite("rotated", at: scratch.path + "/secret")
    #expect(try entry.upstream(configID: "c", secrets: secrets).revision != before.revision)
  }

  @Test func `a binding reaches its provider with its secrets`() throws {
    let binding = ProviderBinding(name: "words", provider: "custom_keyword", plugin: "p", config: ["api_key": "${env:TOKEN}"])
    let spec = try binding.spec(.guardrail, secrets: secrets, isInlineTrusted: true, createTimeout: .seconds(1))
    #expect(String(decoding: spec.configJSON, as: UTF8.self) == #"{"api_key":"t0k3n"}"#)
    #expect(spec.bindingName == "words" && spec.provider == "custom_keyword" && spec.plugin == "p" && spec.trustInline)
  }
}
