internal import PluginABI

/// Judges what goes to a server, what comes back, and what servers and tools say about themselves.
///
/// `check` sees one message at a time and answers before it returns. A provider that has to wait conforms to `AsyncGuardrailProvider`.
public protocol GuardrailProvider: PluginProvider {
  /// The phases that `check` understands. All by default.
  static var phases: GuardrailPhases { get }
  /// What else it can take. Nothing by default.
  static var options: GuardrailOptions { get }

  /// Judges one message. What it throws is a failure, which the operator's `on_failure` decides about; a "no" is `Verdict.block`.
  func check(_ request: GuardrailRequest) throws -> Verdict
}

extension GuardrailProvider {
  public static var phases: GuardrailPhases { .all }
  public static var options: GuardrailOptions { [] }
}

/// A guardrail that waits (for the network, for a timer). Each check runs in a task of its own, cancelled when the host ends the call.
///
/// Never block a thread in it: the task runs on Swift's cooperative pool, which the gateway shares.
public protocol AsyncGuardrailProvider: PluginProvider {
  static var phases: GuardrailPhases { get }
  static var options: GuardrailOptions { get }
  @concurrent func check(_ request: GuardrailRequest.Copy) async throws -> Verdict
}

extension AsyncGuardrailProvider {
  public static var phases: GuardrailPhases { .all }
  public static var options: GuardrailOptions { [] }
}

/// Where in a call's life a message is judged (`SMG_PHASE_*`).
public struct GuardrailPhases: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// On its way to the server.
  public static let input = Self(rawValue: SMG_PHASE_INPUT)
  /// On its way back.
  public static let output = Self(rawValue: SMG_PHASE_OUTPUT)
  /// One tool's definition, at discovery.
  public static let tool = Self(rawValue: SMG_PHASE_TOOL)
  /// One server's name, description and instructions.
  public static let server = Self(rawValue: SMG_PHASE_SERVER)
  /// What all guardrails have let pass, on its way to the caller whose values `input` took out: they are put back, and nothing is judged.
  public static let restore = Self(rawValue: SMG_PHASE_RESTORE)
  /// All in which something is judged.
  public static let all: Self = [.input, .output, .tool, .server]
}

/// What a guardrail can take besides text, and what it makes of a policy's `additional_config` (`SMG_GF_*`).
public struct GuardrailOptions: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Wants images, audio and blobs, as base64.
  public static let binary = Self(rawValue: SMG_GF_BINARY)
  /// Carries out `relevancy` with `relevancy_threshold`, on output.
  public static let relevancy = Self(rawValue: SMG_GF_RELEVANCY)
  /// Carries out `adherence` with `adherence_threshold`, on output.
  public static let adherence = Self(rawValue: SMG_GF_ADHERENCE)
  /// Carries out `hallucination`, on output.
  public static let hallucination = Self(rawValue: SMG_GF_HALLUCINATION)
  /// Blocks texts about the subjects of `topic`.
  public static let topic = Self(rawValue: SMG_GF_TOPIC)
  /// Runs the detectors of `custom`, each with its own parameters.
  public static let custom = Self(rawValue: SMG_GF_CUSTOM)
}
