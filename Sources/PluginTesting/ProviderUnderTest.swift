internal import Glibc
internal import PluginABI
public import PluginSDK
internal import Synchronization

/// One instance of a provider, driven through its C tables as the gateway drives it: for unit tests of plugins.
///
/// ```swift
/// let guardrail = try ProviderUnderTest(plugin, "length", config: #"{"max_bytes": 5}"#)
/// #expect(try await guardrail.check(["hello!"]).isBlocked)
/// ```
public final class ProviderUnderTest: @unchecked Sendable {
  /// Why `init` of the provider, or one of its operations, failed.
  public struct Failure: Error, CustomStringConvertible {
    /// `SMG_E_*`.
    public var status: Int32
    public var message: String
    public var description: String { "status \(status): \(message)" }
  }

  /// One message for a guardrail.
  public struct Message: Sendable {
    public var texts: [String]
    public var phase = GuardrailPhases.input
    /// The policy object of the configuration; empty = none.
    public var policy = ""
    /// In the phase `output`: the request as the server received it, and the input verdict's state.
    public var original: [String] = []
    public var callState = ""
    public init(_ texts: [String]) { self.texts = texts }
  }

  public let host: FakeHost
  // Tables that live until the process ends, and the plugin's own pointer.
  private let provider: smg_provider
  private let pointer: UnsafeMutableRawPointer
  private let calls = CallNumbers()

  /// Makes an instance.
  /// - Throws: `Failure` with what the provider says of the configuration.
  public init(_ plugin: Plugin, _ name: String, config: String = "{}", host: FakeHost = FakeHost()) throws {
    guard let table = plugin.entry(SMG_ABI_MINOR) else { throw Failure(status: SMG_E_UNSUPPORTED, message: "the plugin refuses this ABI") }
    let providers = (0..<Int(table.pointee.provider_count)).map { table.pointee.providers[$0].pointee }
    guard let provider = providers.first(where: { String(cString: $0.name) == name }) else {
      throw Failure(status: SMG_E_NOT_FOUND, message: "the plugin has no provider \(name)")
    }
    self.provider = provider
    self.host = host
    host.expects = provider.kind == SMG_KIND_GUARDRAIL ? .verdict : provider.kind == SMG_KIND_AUTH ? .identity : .nothing
    let (memory, words) = (Memory(), Words())
    var place: UnsafeMutableRawPointer?
    let sink = smg_sink(ctx: Unmanaged.passUnretained(words).toOpaque()) {
      Unmanaged<Words>.fromOpaque($0).takeUnretainedValue().text += $1.text
    }
    let status = withExtendedLifetime(memory) { provider.create(host.table, memory.bytes(config), sink, &place) }
    guard status == SMG_OK, let place else { throw Failure(status: status, message: words.text) }
    pointer = place
  }

  private final class Words {
    var text = ""
  }

  /// Ends the instance as the gateway does: on a thread that may wait.
  deinit {
    let (provider, address, host) = (Table(provider), UInt(bitPattern: pointer), host)
    let end = Ending {
      guard let pointer = UnsafeMutableRawPointer(bitPattern: address) else { return }
      if provider.value.stop(pointer, 0) == SMG_OK { provider.value.destroy(pointer) }
      withExtendedLifetime(host) {}
    }
    end.start()
  }

  private struct Table: @unchecked Sendable {
    // Points to functions of a library that is never unloaded.
    let value: smg_provider
    init(_ value: smg_provider) { self.value = value }
  }

  // MARK: Operations

  /// Asks a guardrail.
  /// - Throws: `Failure` when it ends without a verdict, or not within ten seconds.
  public func check(_ texts: [String], phase: GuardrailPhases = .input) async throws -> FakeHost.Found {
    var message = Message(texts)
    message.phase = phase
    return try await check(message)
  }

  public func check(_ message: Message) async throws -> FakeHost.Found {
    let call = calls.next()
    start(message, call)
    guard case .verdict(let found) = try await end(of: call).value else { throw Self.wrongKind }
    return found
  }

  private func start(_ message: Message, _ call: smg_call) {
    let memory = Memory()
    func segments(_ texts: [String]) -> UnsafePointer<smg_segment> {
      UnsafePointer(
        memory.array(
          texts.enumerated().map {
            smg_segment(
              path: memory.bytes("/params/arguments/\($0)"), text: memory.bytes($1), media_type: smg_bytes(), flags: 0, reserved: 0)
          }))
    }
    let request = smg_guard_request(
      size: UInt32(MemoryLayout<smg_guard_request>.size), phase: message.phase.rawValue, context: memory.context(),
      surface: memory.bytes("tools/call"), server: memory.bytes("server"), item: memory.bytes("tool"),
      policy_json: memory.bytes(message.policy),
      policy_revision: smg_bytes(), segments: segments(message.texts), segment_count: message.texts.count,
      original: segments(message.original),
      original_count: message.original.count, call_state: memory.bytes(message.callState), session_state: smg_bytes())
    provider.vtable.load(as: smg_guardrail.self).check(pointer, call, memory.one(request))
    withExtendedLifetime(memory) {}
  }

  /// Asks an auth provider who calls.
  /// - Parameter headers: names in lower case.
  public func authenticate(_ headers: [(String, String)]) async throws -> AuthDecision {
    let call = calls.next()
    start(headers, call)
    let completion = try await end(of: call, allowing: [SMG_E_UNAUTHENTICATED, SMG_E_FORBIDDEN])
    if case .identity(let identity) = completion.value { return .identified(identity) }
    let status: Refusal.Status = completion.status == SMG_E_FORBIDDEN ? .forbidden : .unauthenticated
    guard case .refusal(let code, let challenge) = completion.value else {
      return .refused(Refusal(status, code: "", message: completion.message))
    }
    return .refused(Refusal(status, code: code, message: completion.message, wwwAuthenticate: challenge))
  }

  private func start(_ headers: [(String, String)], _ call: smg_call) {
    let memory = Memory()
    let request = smg_auth_request(
      size: UInt32(MemoryLayout<smg_auth_request>.size), flags: 0, context: memory.context(), headers: memory.pairs(headers),
      method: memory.bytes("POST"), target: memory.bytes("/mcp/"), resource: memory.bytes("https://gateway.example/mcp/"),
      peer: memory.bytes("203.0.113.7:50211"), transport: memory.bytes("http"))
    provider.vtable.load(as: smg_auth.self).authenticate(pointer, call, memory.one(request))
    withExtendedLifetime(memory) {}
  }

  /// Asks an auth provider for the configuration of somebody whom it has recognised.
  /// - Parameter etag: of the document that it gave before.
  public func fetchConfig(for identity: Identity, etag: String = "") async throws -> ConfigDocument {
    guard let fetch = provider.vtable.load(as: smg_auth.self).fetch_config else { throw Self.wrongKind }
    let call = calls.next()
    host.state.withLock { _ = $0.fetches.insert(call) }
    let memory = Memory()
    let who = smg_identity(
      size: UInt32(MemoryLayout<smg_identity>.size), flags: 0, subject: memory.bytes(identity.subject),
      project_id: memory.bytes(identity.projectID), user_id: memory.bytes(identity.userID), config_id: memory.bytes(identity.configID),
      role: memory.bytes(identity.role), claims_json: memory.bytes(String(decoding: identity.claimsJSON, as: UTF8.self)), ttl_ns: 0,
      vary: nil,
      vary_count: 0)
    fetch(pointer, call, memory.context(), memory.one(who), memory.bytes(etag))
    withExtendedLifetime(memory) {}
    guard case .document(let document) = try await end(of: call).value else { throw Self.wrongKind }
    return document
  }

  /// Hands log records to a telemetry provider.
  public func emit(logs: [String]) {
    let memory = Memory()
    let records = logs.map { body in
      var record = smg_record()
      record.size = UInt32(MemoryLayout<smg_record>.size)
      record.kind = SMG_REC_LOG
      record.severity = 9
      record.body = memory.bytes(body)
      return memory.one(record)
    }
    guard !records.isEmpty else { return }
    let resource = memory.pairs([("service.name", "test")])
    provider.vtable.load(as: smg_telemetry.self).emit(pointer, resource, UnsafePointer(memory.array(records)), records.count)
    withExtendedLifetime(memory) {}
  }

  /// Asks a telemetry provider to send what it has.
  public func flush() async throws {
    let call = calls.next()
    startStatus(call, provider.vtable.load(as: smg_telemetry.self).flush)
    _ = try await end(of: call)
  }

  /// Asks whether the instance can work.
  public func health() async throws {
    let call = calls.next()
    startStatus(call, provider.health)
    _ = try await end(of: call)
  }

  private func startStatus(_ call: smg_call, _ operation: (UnsafeMutableRawPointer, smg_call, UnsafePointer<smg_context>) -> Void) {
    let memory = Memory()
    operation(pointer, call, memory.context(deadline: 0))
    withExtendedLifetime(memory) {}
  }

  // MARK: Completions

  private static let wrongKind = Failure(status: SMG_E_UNSUPPORTED, message: "the provider is of another kind")

  private func end(of call: smg_call, allowing others: [smg_status] = []) async throws -> FakeHost.Completion {
    let limit = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < limit {
      if let completion = host.completions.first(where: { $0.call == call }) {
        guard completion.status == SMG_OK || others.contains(completion.status) else {
          throw Failure(status: completion.status, message: completion.message)
        }
        return completion
      }
      try await Task.sleep(for: .milliseconds(1))
    }
    throw Failure(status: SMG_E_TIMEOUT, message: "the call was not completed within ten seconds")
  }
}
