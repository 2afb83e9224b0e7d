/// The first message to a plugin's process: what it may do, and which provider it creates.
struct RunnerOrder: Sendable {
  var kind: ProviderKind
  var provider: String
  var config: [UInt8]
  var sandbox: SandboxRules
  /// Threads that run operations.
  var threads: Int
}

extension RunnerOrder {
  var bytes: [UInt8] {
    var writer = WireWriter()
    writer.put(kind.rawValue)
    writer.put(provider)
    writer.put(config)
    writer.put(UInt8(sandbox.mayUseNetwork ? 1 : 0))
    writer.put(UInt64(sandbox.memoryBytes))
    writer.put(UInt64(sandbox.readablePaths.count))
    for path in sandbox.readablePaths { writer.put(path) }
    writer.put(UInt64(threads))
    return writer.bytes
  }

  init(_ payload: FramePayload) throws(WireError) {
    var reader = payload.reader(WireMemory())
    guard let kind = ProviderKind(rawValue: try reader.string(max: Limits.Plugin.maxIdentifierBytes)) else {
      throw WireError("an unknown kind of provider")
    }
    self.kind = kind
    provider = try reader.string(max: Limits.Plugin.maxIdentifierBytes)
    config = try reader.data()
    sandbox = SandboxRules()
    sandbox.mayUseNetwork = try reader.number(UInt8.self) == 1
    sandbox.memoryBytes = Int(clamping: try reader.number(UInt64.self))
    for _ in 0..<(try reader.number(UInt64.self)) { sandbox.readablePaths.append(try reader.string(max: .max)) }
    threads = Int(clamping: try reader.number(UInt64.self))
  }
}

/// What a plugin's process may do besides computing and talking to the gateway.
package struct SandboxRules: Sendable, Hashable {
  /// Open sockets of its own.
  package var mayUseNetwork = false
  /// Files and folders that it may read.
  package var readablePaths: [String] = []
  /// The most memory it may have (RLIMIT_DATA).
  package var memoryBytes = 1 << 30

  package init() {}
}
