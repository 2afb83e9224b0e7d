import Foundation
import PluginABI
import PluginTesting
import Synchronization
import Testing

@testable import PluginSDK

/// Why `create` refused.
struct CreateRefused: Error {
  var status: smg_status
  var message: String
}

/// One instance of a provider, driven through its C table.
final class TestInstance {
  let host: FakeHost
  private let provider: smg_provider
  let pointer: UnsafeMutableRawPointer
  private var nextCall: smg_call = 1
  private var isEnded = false

  init(_ plugin: PluginTable, _ name: String, config: String = "{}", host: FakeHost) throws {
    self.host = host
    let provider = try #require(plugin.providerTables.first { String(cString: $0.name) == name })
    self.provider = provider
    let memory = Memory()
    var message = ""
    var place: UnsafeMutableRawPointer?
    let status = withUnsafeMutablePointer(to: &message) { message in
      let sink = smg_sink(ctx: UnsafeMutableRawPointer(message)) { $0.assumingMemoryBound(to: String.self).pointee += $1.text }
      return provider.create(host.table, memory.bytes(config), sink, &place)
    }
    guard status == SMG_OK else { throw CreateRefused(status: status, message: message) }
    pointer = try #require(place)
  }

  deinit {
    guard !isEnded else { return }
    onThread { [host] provider, pointer in
      if provider.stop(pointer, 0) == SMG_OK { provider.destroy(pointer) }
      withExtendedLifetime(host) {}
    }
  }

  /// Waits on a thread of its own: what `stop` waits for may need the one on which the test runs.
  func stop(deadline: UInt64 = 0) async -> smg_status {
    isEnded = true
    let (results, continuation) = AsyncStream<smg_status>.makeStream()
    onThread { provider, pointer in
      continuation.yield(provider.stop(pointer, deadline))
      continuation.finish()
    }
    return await results.first { _ in true } ?? SMG_E_INTERNAL
  }

  private func onThread(_ work: @escaping @Sendable (smg_provider, UnsafeMutableRawPointer) -> Void) {
    nonisolated(unsafe) let (provider, pointer) = (provider, pointer)
    Thread.detachNewThread { work(provider, pointer) }
  }

  func destroy() { provider.destroy(pointer) }

  func vtable<Table>(_: Table.Type) -> Table { provider.vtable.load(as: Table.self) }

  /// A new call's number.
  func open() -> smg_call {
    defer { nextCall += 1 }
    return nextCall
  }

  /// The one completion of `call`.
  func completion(of call: smg_call, _ location: SourceLocation = #_sourceLocation) throws -> FakeHost.Completion {
    let all = host.completions.filter { $0.call == call }
    #expect(all.count == 1, sourceLocation: location)
    return try #require(all.first, sourceLocation: location)
  }

  func health() throws -> FakeHost.Completion {
    let call = open()
    let memory = Memory()
    provider.health(pointer, call, memory.context())
    return try completion(of: call)
  }

  func authenticate(_ headers: [(String, String)], transport: String = "http") throws -> FakeHost.Completion {
    let call = open()
    let memory = Memory()
    let request = smg_auth_request(
      size: UInt32(MemoryLayout<smg_auth_request>.size), flags: 0, context: memory.context(), headers: memory.pairs(headers),
      method: memory.bytes("POST"), target: memory.bytes("/mcp/"), resource: memory.bytes("http://127.0.0.1:8000/mcp/"),
      peer: memory.bytes("127.0.0.1:50211"), transport: memory.bytes(transport))
    vtable(smg_auth.self).authenticate(pointer, call, memory.one(request))
    withExtendedLifetime(memory) {}
    return try completion(of: call)
  }

  /// Starts a check and returns its call.
  @discardableResult
  func startCheck(_ texts: [String], phase: UInt32 = SMG_PHASE_INPUT, flags: [UInt32] = [], call: smg_call? = nil) -> smg_call {
    startCheck(texts.map { Array($0.utf8) }, phase: phase, flags: flags, call: call)
  }

  @discardableResult
  func startCheck(_ texts: [[UInt8]], phase: UInt32 = SMG_PHASE_INPUT, flags: [UInt32] = [], call: smg_call? = nil) -> smg_call {
    let call = call ?? open()
    let memory = Memory()
    let segments = texts.enumerated().map { index, text in
      smg_segment(
        path: memory.bytes("/params/arguments/\(index)"), text: memory.bytes(text), media_type: smg_bytes(),
        flags: index < flags.count ? flags[index] : 0, reserved: 0)
    }
    let request = smg_guard_request(
      size: UInt32(MemoryLayout<smg_guard_request>.size), phase: phase, context: memory.context(), surface: memory.bytes("tools/call"),
      server: memory.bytes("server-1"), item: memory.bytes("tool-1"), policy_json: smg_bytes(), policy_revision: smg_bytes(),
      segments: UnsafePointer(memory.array(segments)), segment_count: segments.count, original: nil, original_count: 0,
      call_state: smg_bytes(), session_state: smg_bytes())
    vtable(smg_guardrail.self).check(pointer, call, memory.one(request))
    withExtendedLifetime(memory) {}
    return call
  }

  /// One message with all that a guardrail may be told of it.
  struct Message {
    var segments: [(path: String, text: String)] = []
    /// Of the segments, by index; an ordinary text when there is none.
    var flags: [Int: UInt32] = [:]
    var phase = SMG_PHASE_INPUT
    var surface = "tools/call"
    var policy = ""
    var original: [(path: String, text: String)] = []
    var callState = ""
    var sessionState = ""
    var deadline: UInt64 = 0
  }

  @discardableResult
  func startCheck(_ message: Message) -> smg_call {
    let call = open()
    let memory = Memory()
    func segments(_ list: [(path: String, text: String)], _ flags: [Int: UInt32]) -> UnsafePointer<smg_segment> {
      UnsafePointer(
        memory.array(
          list.enumerated().map {
            smg_segment(
              path: memory.bytes($1.path), text: memory.bytes($1.text), media_type: smg_bytes(), flags: flags[$0] ?? 0, reserved: 0)
          }))
    }
    let request = smg_guard_request(
      size: UInt32(MemoryLayout<smg_guard_request>.size), phase: message.phase, context: memory.context(deadline: message.deadline),
      surface: memory.bytes(message.surface), server: memory.bytes("server-1"), item: memory.bytes("tool-1"),
      policy_json: memory.bytes(message.policy), policy_revision: smg_bytes(), segments: segments(message.segments, message.flags),
      segment_count: message.segments.count, original: segments(message.original, [:]), original_count: message.original.count,
      call_state: memory.bytes(message.callState), session_state: memory.bytes(message.sessionState))
    vtable(smg_guardrail.self).check(pointer, call, memory.one(request))
    withExtendedLifetime(memory) {}
    return call
  }

  /// The end of a call that takes its time.
  func end(of call: smg_call) async throws -> FakeHost.Completion {
    #expect(await eventually { host.completions.contains { $0.call == call } })
    return try completion(of: call)
  }

  func verdict(_ message: Message) async throws -> FakeHost.Found { try found(await end(of: startCheck(message))) }

  func check(_ texts: [String], phase: UInt32 = SMG_PHASE_INPUT, flags: [UInt32] = []) throws -> FakeHost.Found {
    try found(completion(of: startCheck(texts, phase: phase, flags: flags)))
  }

  func emit(_ records: [smg_record], _ memory: Memory) {
    let pointers = records.map { memory.one($0) }
    vtable(smg_telemetry.self).emit(pointer, memory.pairs([("service.name", "test")]), UnsafePointer(memory.array(pointers)), records.count)
  }

  func export(_ metrics: [smg_metric], _ memory: Memory) throws {
    let snapshot = smg_snapshot(
      size: UInt32(MemoryLayout<smg_snapshot>.size), flags: 0, start_unix_ns: 1, time_unix_ns: 1_769_860_800_000_000_000,
      metrics: UnsafePointer(memory.array(metrics)), metric_count: metrics.count)
    let function = try #require(vtable(smg_telemetry.self).export_metrics)
    function(pointer, memory.pairs([]), memory.one(snapshot))
  }

  func flush() throws -> FakeHost.Completion {
    let call = open()
    let memory = Memory()
    vtable(smg_telemetry.self).flush(pointer, call, memory.context(deadline: MonotonicTime.now.nanoseconds + 1_000_000_000))
    return try completion(of: call)
  }

  func found(_ completion: FakeHost.Completion) throws -> FakeHost.Found {
    guard case .verdict(let found) = completion.value else { throw CreateRefused(status: completion.status, message: completion.message) }
    return found
  }
}

extension PluginTable {
  var providerTables: [smg_provider] { (0..<Int(pointee.provider_count)).map { pointee.providers[$0].pointee } }
}

/// Polls until `condition` holds; false after ten seconds.
func eventually(_ condition: () -> Bool) async -> Bool {
  let limit = ContinuousClock.now + .seconds(10)
  while ContinuousClock.now < limit {
    if condition() { return true }
    try? await Task.sleep(for: .milliseconds(2))
  }
  return condition()
}
