import Foundation
import JSON
import Synchronization
import Testing

@testable import Host

/// Operations, commands, routes and their description say the same.
@Suite struct AdminOperationTests {
  private static let commands = CommandReference.entries
  private static let guide = document("ADMINISTRATION.md")

  private static func document(_ name: String) -> String {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let url = tests.deletingLastPathComponent().appending(path: "docs").appending(path: name)
    do { return try String(contentsOf: url, encoding: .utf8) } catch { return "\(error)" }
  }

  /// Commands that are about one thing take it as their argument; what is signed is a file, and its signature another. Flags say the rest in fewer words.
  private static let arguments = [
    "plugin reload": ["name": "<plugin>"], "plugin sign": ["name": "<file>", "signature": "--signature <path>"],
    "plugin trust mode": ["mode": "<mode>"], "guardrail test": ["content": "--json"], "server list": ["discover_tools": "--discover"],
  ]

  /// What stands for a field on the command line.
  private static func words(for field: FieldUse, of operation: String) -> [String] {
    if let argument = field.names.first.flatMap({ arguments[operation]?[$0] }) { return [argument] }
    return field.type == .document ? ["--input-file"] : field.names.map { "--" + $0.replacing("_", with: "-") }
  }

  @Test func `every operation has its command, which has an option for every field`() throws {
    #expect(AdminOperations.all.count > 50)
    for operation in AdminOperations.all {
      let command = try #require(Self.commands.first { $0.words == operation.name }, "\(operation.name)")
      #expect(command.operation == operation.name)
      for field in operation.fields {
        for word in Self.words(for: field, of: operation.name) { #expect(command.help.contains(word), "\(operation.name): \(word)") }
      }
      #expect(command.help.contains("--dry-run") == operation.isMutation, "\(operation.name)")
      #expect(command.help.contains("--output "), "\(operation.name)")
    }
  }

  @Test func `names and routes are unique, and what a path names is a field`() {
    #expect(Set(AdminOperations.all.map(\.name)).count == AdminOperations.all.count)
    #expect(Set(AdminOperations.all.map(\.route)).count == AdminOperations.all.count)
    for operation in AdminOperations.all {
      for part in operation.route.path.split(separator: "/") where part.hasPrefix("{") {
        let name = String(part.dropFirst().dropLast())
        #expect(operation.fields.contains { $0.names.contains(name) && $0.isRequired }, "\(operation.name): \(part)")
      }
      #expect(operation.route.method != .get || !operation.isMutation, "\(operation.name): a GET changes nothing")
    }
  }

  @Test func `whatever can show a secret needs an administrator`() {
    for operation in AdminOperations.all where operation.fields.contains(where: { $0.name == "show_secrets" }) || operation.isMutation {
      #expect(operation.permission == .administer, "\(operation.name)")
    }
  }

  @Test func `the reference of all commands is current`() {
    #expect(
      Self.document("COMMANDS.md") == CommandReference.markdown + "\n",
      "the help of a command changed: `secure-mcp-gateway reference > docs/COMMANDS.md`")
  }

  @Test func `the description of the REST API is current`() {
    #expect(
      Self.document("openapi.json") == OpenAPI.document.serializedString(pretty: true) + "\n",
      "an operation changed: `secure-mcp-gateway reference --openapi > docs/openapi.json`")
  }

  @Test func `the catalogue of errors is current`() {
    #expect(
      Self.document("ERRORS.md") == ErrorReference.markdown + "\n",
      "an error changed: `secure-mcp-gateway reference --errors > docs/ERRORS.md`")
  }

  @Test func `the page of the manual has every command, and no line that is taken for a macro`() {
    let macros: Set<Substring> = [".TH", ".SH", ".SS", ".B", ".BR", ".I", ".PP", ".RB", ".RI", ".TP", ".nf", ".fi"]
    let page = ManualPage.text(Self.commands)
    for line in page.split(separator: "\n") where line.hasPrefix(".") {
      #expect(macros.contains(line.prefix { $0 != " " }), "\(line)")
    }
    for command in Self.commands {
      #expect(page.contains(".SS \(command.words.replacing("-", with: "\\-"))\n"), "\(command.words)")
    }
  }

  @Test func `every command is described`() {
    for command in Self.commands where command.operation != nil {
      #expect(Self.guide.contains("`\(command.words)`"), "docs/ADMINISTRATION.md says nothing of `\(command.words)`")
    }
  }
}

@Suite struct AdminRunnerTests {
  private let scratch: ConfigScratch

  init() throws {
    scratch = try ConfigScratch()
    try scratch.replace(ConfigFixture.small(isDisabled: false))
  }

  private func runner(_ permissions: Set<AdminOperation.Permission>) -> AdminRunner {
    AdminRunner(
      configPath: scratch.configPath, executablePath: "/x",
      caller: AdminCaller(actor: "key:0123", surface: "rest", permissions: permissions))
  }

  @Test func `a caller without the permission is denied, and the attempt is on record`() throws {
    let error = #expect(throws: GatewayError.self) { try runner([.read]).run(UserOperations.create, ["email": "a@example.com"]) }
    #expect(error?.code == .insufficientPermissions)
    #expect(throws: GatewayError.self) { try runner([]).run(UserOperations.list, [:]) }
    #expect(try !runner([.read]).run(UserOperations.list, [:]).answer.data.serializedString().contains("a@example.com"))
    var lines: [JSONValue] = []
    let found = try AuditVerification(AuditLog(configPath: scratch.configPath, of: .denials)) {
      lines.append(AuditLine($0)?.raw.value ?? .null)
    }
    #expect(found.firstBreak == nil && lines.map { $0["outcome"]?.stringValue } == ["denied", "denied"])
    #expect(lines.map { $0["operation"]?.stringValue } == ["user create", "user list"])
  }

  private static let wrongInputs: [(JSONObject, String)] = [
    (["emai": "a@example.com"], "There is no field 'emai'."), (["email": 5], "The field 'email' must be a string."),
    ([:], "The field 'email' is required."), (["email": .null], "The field 'email' is required."),
  ]

  @Test(arguments: wrongInputs)
  func `input is checked before anything is done`(_ input: JSONObject, _ message: String) throws {
    let error = #expect(throws: GatewayError.self) { try runner([.administer]).run(UserOperations.create, input) }
    #expect(error?.message == message && error?.code == .toolInvalidArguments)
    var lines: [JSONValue] = []
    _ = try AuditVerification(AuditLog(configPath: scratch.configPath)) { lines.append(AuditLine($0)?.raw.value ?? .null) }
    #expect(lines.map { $0["outcome"]?.stringValue } == ["refused"] && lines.first?["input"] == [:])
  }

  @Test func `of two names for one thing, both may be given if they agree`() throws {
    let runner = runner([.read, .administer])
    #expect(throws: GatewayError.self) { try runner.run(ConfigOperations.listProjects, ["config_name": "config", "config_id": "c"]) }
    #expect(try runner.run(ConfigOperations.listProjects, ["config_name": "c", "config_id": "c"]).answer.data.arrayValue?.count == 1)
  }

  @Test func `what a dry run shows has no secret in it`() throws {
    let runner = runner([.administer])
    let server: JSONObject = [
      "config_name": "c", "server_name": "s", "server_command": "x", "args": ["--token", "canary-1234567890"],
      "env": ["TOKEN": "canary-1234567890"],
    ]
    let outcome = try runner.run(ServerOperations.add, server, isDryRun: true)
    let shown = JSONValue.array((outcome.changes ?? []).map(\.document)).serializedString()
    #expect(shown.contains("/mcp_configs/c/mcp_config/0") && !shown.contains("canary"))
    let deleted = try runner.run(KeyOperations.delete, ["api_key": "first-key-0123456789abcdef"], isDryRun: true)
    #expect(deleted.changes?.map(\.path) == ["/apikeys/\(KeyName.id(of: "first-key-0123456789abcdef"))"])
  }
}

@Suite struct AuditLogTests {
  private let scratch: ConfigScratch
  private let log: AuditLog

  init() throws {
    scratch = try ConfigScratch()
    log = AuditLog(configPath: scratch.configPath)
  }

  private func entry(_ text: String) -> AuditEntry {
    AuditEntry(actor: "a", surface: "cli", operation: "o", outcome: .done, input: ["text": .string(text)])
  }

  @Test func `lines follow from each other, whoever writes them`() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask { for round in 0..<20 { try log.append(entry("\(writer)-\(round)")) } }
      }
      try await group.waitForAll()
    }
    let found = try AuditVerification(log)
    #expect(found.firstBreak == nil && found.entries == 80 && found.lastSequence == 80 && found.head != AuditLog.origin)
  }

  /// The first one is held until the others wait.
  @Test func `lines that come together are put on disk together, each before its writer goes on`() async throws {
    let group = AuditGroup()
    let path = log.path
    let syncs = Mutex<[Int]>([])
    let acknowledged = Mutex(Set<String>())
    let threads = (0..<20).map { number in
      Thread {
        do throws(GatewayError) {
          try group.append(entry("\(number)"), of: path) { (entries) throws(GatewayError) in
            let isFirst = syncs.withLock { $0.isEmpty }
            let deadline = ContinuousClock.now + .seconds(8)
            while isFirst, group.waitingCount(of: path) < 19, ContinuousClock.now < deadline { usleep(1000) }
            try log.write(entries)
            syncs.withLock { $0.append(entries.count) }
          }
          acknowledged.withLock { _ = $0.insert("\(number)") }
        } catch { Issue.record(error) }
      }
    }
    threads.forEach { $0.start() }
    let deadline = ContinuousClock.now + .seconds(60)
    while acknowledged.withLock({ $0.count }) < 20, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
    #expect(syncs.withLock { $0 } == [1, 19], "twenty lines, two syncs")
    var texts = Set<String>()
    let found = try AuditVerification(log) { texts.insert(AuditLine($0)?.raw["input"]?["text"]?.stringValue ?? "") }
    #expect(found.firstBreak == nil && found.entries == 20 && texts == acknowledged.withLock { $0 })
    #expect(group.waitingCount(of: path) == 0)
  }

  @Test func `who wrote for others tells them of the failure`() async throws {
    let group = AuditGroup()
    let failures = Mutex(0)
    let isOver = Mutex(0)
    for number in 0..<3 {
      Thread {
        do throws(GatewayError) {
          try group.append(entry("\(number)"), of: "x") { (entries) throws(GatewayError) in
            let deadline = ContinuousClock.now + .seconds(8)
            while entries.count == 1, group.waitingCount(of: "x") < 2, ContinuousClock.now < deadline { usleep(1000) }
            throw GatewayError(.operationFailed, "The disk is full.")
          }
        } catch { failures.withLock { $0 += error.code == .operationFailed ? 1 : 0 } }
        isOver.withLock { $0 += 1 }
      }.start()
    }
    let deadline = ContinuousClock.now + .seconds(60)
    while isOver.withLock({ $0 }) < 3, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
    #expect(failures.withLock { $0 } == 3)
  }

  @Test func `an input that is too long is left out of its line`() throws {
    try log.append(entry(String(repeating: "x", count: 2 * Limits.Audit.maxLineBytes)))
    try log.append(entry("short"))
    var inputs: [JSONValue] = []
    let found = try AuditVerification(log) { inputs.append(AuditLine($0)?.raw["input"]?.value ?? .null) }
    #expect(found.firstBreak == nil && inputs == [[:], ["text": "short"]])
  }

  @Test func `no record at all is a whole one`() throws {
    let found = try AuditVerification(log)
    #expect(found.firstBreak == nil && found.entries == 0 && found.head == AuditLog.origin)
  }
}
