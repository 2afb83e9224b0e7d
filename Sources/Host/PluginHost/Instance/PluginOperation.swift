internal import PluginABI

/// One operation of a provider with its arguments.
protocol PluginOperation: Sendable {
  associatedtype Value: Sendable
  static var name: StaticString { get }
  var expectation: CallExpectation { get }
  /// Decides whether it may run on an event loop.
  var textBytes: Int { get }
  /// Calls into the plugin.
  /// - Parameter deadline: nanoseconds of CLOCK_MONOTONIC.
  func enter(_ instance: UnsafeMutableRawPointer, _ call: smg_call, deadline: UInt64)
  /// The value of a successful outcome.
  static func value(of outcome: CallOutcome) -> Value?
}

// The pointers in these lead into libraries that are never unloaded.

struct CheckOperation: PluginOperation, @unchecked Sendable {
  static let name: StaticString = "check"
  let table: UnsafePointer<smg_guardrail>
  let request: GuardrailRequest

  var expectation: CallExpectation { .verdict(request.segments) }
  var textBytes: Int { request.textBytes }

  func enter(_ instance: UnsafeMutableRawPointer, _ call: smg_call, deadline: UInt64) {
    request.withABI(deadline: deadline) { table.pointee.check(instance, call, $0) }
  }

  static func value(of outcome: CallOutcome) -> Verdict? {
    if case .verdict(let verdict) = outcome { verdict } else { nil }
  }
}

struct AuthenticateOperation: PluginOperation, @unchecked Sendable {
  static let name: StaticString = "authenticate"
  let table: UnsafePointer<smg_auth>
  let request: AuthRequest

  var expectation: CallExpectation { .identity }
  var textBytes: Int { request.textBytes }

  func enter(_ instance: UnsafeMutableRawPointer, _ call: smg_call, deadline: UInt64) {
    request.withABI(deadline: deadline) { table.pointee.authenticate(instance, call, $0) }
  }

  static func value(of outcome: CallOutcome) -> Identity? {
    if case .identity(let identity) = outcome { identity } else { nil }
  }
}

struct HealthOperation: PluginOperation, @unchecked Sendable {
  static let name: StaticString = "health"
  let table: UnsafePointer<smg_provider>

  var expectation: CallExpectation { .nothing }
  var textBytes: Int { .max }

  func enter(_ instance: UnsafeMutableRawPointer, _ call: smg_call, deadline: UInt64) {
    CallContext().withABI(deadline: deadline) { table.pointee.health(instance, call, $0) }
  }

  static func value(of outcome: CallOutcome) -> Void? {
    if case .done = outcome { () } else { nil }
  }
}

struct FlushOperation: PluginOperation, @unchecked Sendable {
  static let name: StaticString = "flush"
  let table: UnsafePointer<smg_telemetry>

  var expectation: CallExpectation { .nothing }
  var textBytes: Int { .max }

  func enter(_ instance: UnsafeMutableRawPointer, _ call: smg_call, deadline: UInt64) {
    CallContext().withABI(deadline: deadline) { table.pointee.flush(instance, call, $0) }
  }

  static func value(of outcome: CallOutcome) -> Void? {
    if case .done = outcome { () } else { nil }
  }
}

extension CallContext {
  /// The context alone, valid inside `body`.
  func withABI(deadline: UInt64, _ body: (UnsafePointer<smg_context>) -> Void) {
    RequestMemory.with(bytes: memorySize) { memory in
      var value = abiValue(in: &memory, deadline: deadline)
      body(&value)
    }
  }
}
