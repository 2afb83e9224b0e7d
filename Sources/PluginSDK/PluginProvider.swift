internal import PluginABI

/// What every provider has, whatever its kind. Conform to `GuardrailProvider`, `AuthProvider` or `TelemetryProvider` instead.
///
/// One value of the conforming type is one *instance*: made when the configuration binds the provider, ended when that binding goes.
/// The host calls its methods from any thread, several at once unless `flags` says `.serial`; keep state behind a `Mutex`, held briefly.
/// A trap (force unwrap, overflow, index out of range) ends the gateway: nothing that comes from a request may reach one.
public protocol PluginProvider: Sendable {
  /// What the configuration selects, e.g. "custom_keyword".
  static var name: String { get }
  /// A JSON Schema (2020-12). The host validates the binding's `config` against it before `init`.
  static var configSchema: String { get }
  /// Promises to the host. None by default: methods then run on a pool where waiting briefly is allowed.
  static var flags: ProviderFlags { get }

  /// Makes an instance. What it throws refuses the configuration: the text reaches the operator, so it names the member and never a secret.
  init(config: PluginConfig, host: PluginServices) throws

  /// Whether the instance can work at this moment; it throws when it cannot. Asked before traffic and at an interval.
  func health() throws

  /// Ends and joins the provider's own threads before `deadline`. No method is called afterwards; ones that are inside may still be running.
  func stop(before deadline: MonotonicTime)
}

extension PluginProvider {
  public static var flags: ProviderFlags { [] }
  public func health() throws {}
  public func stop(before deadline: MonotonicTime) {}
}

/// Promises of a provider to the host (`SMG_PF_*`).
public struct ProviderFlags: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Every method returns within 100 µs for texts up to 64 KiB and never waits: the host may call it on an event loop.
  public static let inline = Self(rawValue: SMG_PF_INLINE)
  /// The host calls one method of an instance at a time.
  public static let serial = Self(rawValue: SMG_PF_SERIAL)
  /// Opens its own sockets: a sandbox must allow it.
  public static let network = Self(rawValue: SMG_PF_NETWORK)
}

/// The `config` object of a binding: JSON, valid against the provider's schema, with secrets filled in.
public struct PluginConfig: Sendable {
  /// UTF-8 JSON text.
  public let json: [UInt8]
  public init(json: [UInt8]) { self.json = json }
  public var text: String { String(decoding: json, as: UTF8.self) }
}

/// A moment of CLOCK_MONOTONIC.
public struct MonotonicTime: Sendable, Hashable, Comparable {
  public let nanoseconds: UInt64
  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }
  public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
  /// No deadline at all.
  public static let never = Self(nanoseconds: .max)
  /// The ABI writes "no deadline" as 0.
  init(deadline: UInt64) { self.init(nanoseconds: deadline == 0 ? .max : deadline) }
  /// What the ABI calls this moment; `never` is 0.
  var abiValue: UInt64 { self == .never ? 0 : max(1, nanoseconds) }
}
