import JSON
import Testing

@testable import Host

/// Each command that is no administrative operation, and why the REST API has no route for it.
private enum Unrouted {
  /// It is about what the gateway keeps for the key that asks, and administrators have none: what they change clears it.
  case ofKey
  /// It is about files, programs or processes of the machine on which it is typed, which nobody may reach over a network.
  case local(String)
}

/// Commands, operations and routes are three lists that were written apart from each other; here they are held against each other.
@Suite struct SurfaceAgreementTests {
  private static let unrouted: [String: Unrouted] = [
    "serve": .local("runs the gateway"),
    "stdio": .local("runs the gateway as a child of its client"),
    "echo-server": .local("is a server to try the gateway with"),
    "reference": .local("prints what this program says of itself"),
    "generate-config": .local("writes the file that the API needs to begin with"),
    "install": .local("edits the file of an MCP client of this machine's user"),
    "uninstall": .local("edits the file of an MCP client of this machine's user"),
    "doctor": .local("tries ports, permissions and servers of this machine"),
    "config schema": .local("prints what this program says of itself"),
    "system start-api": .local("starts the API"),
    "system stop-api": .local("ends the API's process"),
    "plugin new": .local("writes a project into a folder"),
    "plugin generate-key": .local("makes a private key, which stays where it is made"),
    "plugin check": .local("loads a library that is not yet trusted, from any path"),
    "cache status": .ofKey,
    "cache clear": .ofKey,
  ]

  private static let commands = CommandReference.entries
  private static let operations = Dictionary(uniqueKeysWithValues: AdminOperations.all.map { ($0.name, $0) })

  @Test func `every command has its operation, or a reason to have none`() {
    for command in Self.commands {
      let isOperation = command.operation.map { Self.operations[$0] != nil } ?? false
      #expect(isOperation != (Self.unrouted[command.words] != nil), "\(command.words): an operation, or else a reason, and not both")
    }
    let words = Set(Self.commands.map(\.words))
    for excused in Self.unrouted.keys { #expect(words.contains(excused), "\(excused): there is no such command") }
  }

  /// A tool, an operation of a running gateway and a command share their fields: what a client may ask, the command line may too.
  @Test(arguments: [
    ("server list", GatewayTool.listAllServers), ("server info", .getServerInfo), ("server discover", .discoverAllTools),
    ("cache status", .getCacheStatus), ("cache clear", .clearCache), ("timeout metrics", .getTimeoutMetrics),
  ])
  func `what is asked by a tool can be said on the command line`(words: String, tool: GatewayTool) throws {
    let command = try #require(Self.commands.first { $0.words == words })
    let fields = tool.inputSchema["properties"]?.objectValue?.map(\.key).filter { $0 != Self.unread } ?? []
    for field in fields {
      let option = Self.spoken[field] ?? "--" + field.replacing("_", with: "-")
      #expect(command.help.contains(option), "\(words): \(option)")
    }
    guard let operation = Self.operations[words] else { return }
    let routed = Set(operation.fields.flatMap(\.names))
    #expect(routed.isSuperset(of: fields), "\(words): over REST there is no \(Set(fields).subtracting(routed))")
  }

  /// Fields of tools that have another word on the command line.
  private static let spoken = ["discover_tools": "--discover"]
  /// Clients of the original send it; nothing reads it.
  private static let unread = "id"

  @Test func `what writes can be tried dry, and what answers with data prints it in every form`() {
    let help = Dictionary(uniqueKeysWithValues: Self.commands.map { ($0.words, $0.help) })
    for words in ["generate-config", "install", "uninstall", "cache clear", "plugin new"] {
      #expect(help[words]?.contains("--dry-run") == true, "\(words)")
    }
    let withoutData: Set = ["serve", "stdio", "echo-server", "reference", "config schema", "system start-api", "system stop-api"]
    for command in Self.commands where !withoutData.contains(command.words) {
      #expect(command.help.contains("--output "), "\(command.words)")
    }
  }

  @Test func `every operation is reached by its route, and every route is described`() throws {
    let routes = RESTRoutes()
    let described = OpenAPI.document["paths"]
    var reached = 0
    for operation in AdminOperations.all {
      let path = RESTRoutes.prefix + operation.route.path
      let filled = path.split(separator: "/").map { $0.hasPrefix("{") ? "some-name" : String($0) }.joined(separator: "/")
      let entry = try #require(routes.entry(of: "/" + filled), "\(operation.name)")
      guard case .operations(let operations) = entry.target else {
        Issue.record("\(operation.name): \(path) leads elsewhere")
        continue
      }
      #expect(operations[operation.route.method.rawValue]?.name == operation.name, "\(operation.name): \(path) leads to another")
      #expect(described?[path]?[operation.route.method.rawValue.lowercased()] != nil, "\(operation.name): \(path) is not described")
      reached += 1
    }
    let served = routes.entries.reduce(0) { sum, entry in
      guard case .operations(let operations) = entry.target else { return sum }
      return sum + operations.count
    }
    #expect(served == reached, "a route leads to no operation of the table")
  }
}
