internal import PluginABI

/// One kind of operation of a provider.
protocol PluginOperation {
  /// Its arguments. Passed by pointer: a copy would retain and release every text.
  associatedtype Request: Sendable
  associatedtype Value: Sendable
  static var name: StaticString { get }
  static func expectation(_ request: UnsafePointer<Request>) -> CallExpectation
  static func traceparent(_ request: UnsafePointer<Request>) -> String
  /// Whether it may run on an event loop.
  static func isSmall(_ request: UnsafePointer<Request>) -> Bool
  /// Calls into the plugin.
  /// - Parameters:
  ///   - instance: what `create` gave.
  ///   - deadline: nanoseconds of CLOCK_MONOTONIC.
  static func enter(
    _ core: InstanceCore, _ instance: UnsafeMutableRawPointer, _ call: smg_call, _ request: UnsafePointer<Request>, deadline: UInt64)
  /// The value of a successful outcome.
  static func value(of outcome: CallOutcome) -> Value?
}

enum CheckOperation: PluginOperation {
  static let name: StaticString = "check"

  static func expectation(_ request: UnsafePointer<GuardrailRequest>) -> CallExpectation { .verdict(request.pointee.segments) }

  static func traceparent(_ request: UnsafePointer<GuardrailRequest>) -> String { request.pointee.context.traceparent }

  static func isSmall(_ request: UnsafePointer<GuardrailRequest>) -> Bool {
    GuardrailRequestABI.textBytes(request) <= Limits.Plugin.maxInlineTextBytes
  }

  static func enter(
    _ core: InstanceCore, _ instance: UnsafeMutableRawPointer, _ call: smg_call, _ request: UnsafePointer<GuardrailRequest>,
    deadline: UInt64
  ) {
    let check = core.table.guardrail.pointee.check
    GuardrailRequestABI.with(request, deadline: deadline) { check(instance, call, $0) }
  }

  static func value(of outcome: CallOutcome) -> Verdict? {
    if case .verdict(let verdict) = outcome { verdict } else { nil }
  }
}

enum AuthenticateOperation: PluginOperation {
  static let name: StaticString = "authenticate"

  static func expectation(_ request: UnsafePointer<AuthRequest>) -> CallExpectation { .identity }

  static func traceparent(_ request: UnsafePointer<AuthRequest>) -> String { request.pointee.context.traceparent }

  static func isSmall(_ request: UnsafePointer<AuthRequest>) -> Bool {
    AuthRequestABI.textBytes(request) <= Limits.Plugin.maxInlineTextBytes
  }

  static func enter(
    _ core: InstanceCore, _ instance: UnsafeMutableRawPointer, _ call: smg_call, _ request: UnsafePointer<AuthRequest>, deadline: UInt64
  ) {
    let authenticate = core.table.auth.pointee.authenticate
    AuthRequestABI.with(request, deadline: deadline) { authenticate(instance, call, $0) }
  }

  static func value(of outcome: CallOutcome) -> Identity? {
    if case .identity(let identity) = outcome { identity } else { nil }
  }
}

/// An operation whose answer is its status.
protocol StatusOperation: PluginOperation where Request == CallContext, Value == Void {}

extension StatusOperation {
  static func expectation(_ request: UnsafePointer<CallContext>) -> CallExpectation { .nothing }
  static func traceparent(_ request: UnsafePointer<CallContext>) -> String { request.pointee.traceparent }
  static func isSmall(_ request: UnsafePointer<CallContext>) -> Bool { false }
  static func value(of outcome: CallOutcome) -> Void? {
    if case .done = outcome { () } else { nil }
  }
}

enum HealthOperation: StatusOperation {
  static let name: StaticString = "health"

  static func enter(
    _ core: InstanceCore, _ instance: UnsafeMutableRawPointer, _ call: smg_call, _ request: UnsafePointer<CallContext>, deadline: UInt64
  ) {
    request.pointee.withABI(deadline: deadline) { core.table.provider.pointee.health(instance, call, $0) }
  }
}

enum FlushOperation: StatusOperation {
  static let name: StaticString = "flush"

  static func enter(
    _ core: InstanceCore, _ instance: UnsafeMutableRawPointer, _ call: smg_call, _ request: UnsafePointer<CallContext>, deadline: UInt64
  ) {
    request.pointee.withABI(deadline: deadline) { core.table.telemetry.pointee.flush(instance, call, $0) }
  }
}
