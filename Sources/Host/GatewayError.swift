package import JSON

/// One failure as everybody outside may see it: a stable code, a public sentence, and, for the operator's log alone, the cause.
package struct GatewayError: Error, Sendable {
  package var code: Code
  /// Shown to clients: names what was asked for, never a secret, a path or an upstream's text.
  package var message: String
  /// For the log only.
  package var cause: String?
  package var serverName: String?
  package var toolName: String?
  /// What the reader can do about it.
  package var suggestions: [String]
  /// The JSON-RPC code of a request that is refused for a reason of its own; nil: `code` says all.
  package var rpcCode: Int?
  /// Which rule it was, for programs, where `code` has several; nil: `code` says all.
  package var reason: String?
  /// Why guardrails rejected the server as a whole; nil: they did not.
  package var violations: [String]?
  /// The HTTP status of a request that is refused for a reason of its own; nil: `code` says all.
  package var httpStatus: Int?
  /// The field of an operation's input that is wrong.
  package var field: String?

  package init(
    _ code: Code, _ message: String, cause: String? = nil, server: String? = nil, tool: String? = nil, suggestions: [String] = []
  ) {
    self.code = code
    self.message = message
    self.cause = cause
    serverName = server
    toolName = tool
    self.suggestions = suggestions
  }
}

extension GatewayError: CustomStringConvertible {
  /// Everything in one line, for the operator.
  package var description: String {
    ([message] + (cause.map { ["(\($0))"] } ?? []) + suggestions).joined(separator: " ")
  }
}

extension GatewayError {
  /// The error catalogue. The raw values are the original's.
  package enum Code: String, Sendable, CaseIterable {
    case invalidCredentials = "AUTH_001"
    case tokenExpired = "AUTH_002"
    case insufficientPermissions = "AUTH_003"
    case rateLimited = "AUTH_004"
    case authProviderError = "AUTH_005"
    case authTimeout = "AUTH_006"
    case authNetwork = "AUTH_007"
    case authConfiguration = "AUTH_008"
    case unauthorized = "AUTH_009"
    case guardrailFailed = "GUARD_001"
    case guardrailPolicyViolation = "GUARD_004"
    case guardrailTimeout = "GUARD_005"
    case guardrailProviderError = "GUARD_006"
    case toolExecutionFailed = "TOOL_001"
    case toolNotFound = "TOOL_002"
    case toolInvalidArguments = "TOOL_003"
    case toolTimeout = "TOOL_004"
    case toolPermissionDenied = "TOOL_005"
    case toolServerUnavailable = "TOOL_006"
    case discoveryFailed = "DISC_001"
    case discoveryServerUnavailable = "DISC_002"
    case discoveryToolValidationFailed = "DISC_003"
    case discoveryTimeout = "DISC_005"
    case configurationInvalid = "CONFIG_001"
    case configurationMissing = "CONFIG_002"
    case configurationProviderError = "CONFIG_003"
    case configurationValidationFailed = "CONFIG_004"
    case internalError = "SYS_001"
    case resourceExhausted = "SYS_002"
    case unavailable = "SYS_004"
    case operationFailed = "SYS_005"
  }

  package enum Severity: String, Sendable { case low, medium, high, critical }
  package enum Recovery: String, Sendable {
    case retry, fallback, escalate
    case failClosed = "fail_closed"
  }
}

extension GatewayError.Code {
  package var severity: GatewayError.Severity {
    switch family {
    case "AUTH", "CONFIG": .high
    case "SYS": .critical
    default: .medium
    }
  }

  package var recovery: GatewayError.Recovery {
    switch family {
    case "TOOL": .retry
    case "DISC": .fallback
    case "SYS": .escalate
    default: .failClosed
    }
  }

  /// HTTP status where the failure is that of the whole request (RFC 9110).
  package var httpStatus: Int {
    switch self {
    case .invalidCredentials, .tokenExpired, .unauthorized: 401
    case .insufficientPermissions, .toolPermissionDenied, .authConfiguration: 403
    case .rateLimited: 429
    case .toolNotFound, .configurationMissing: 404
    case .toolInvalidArguments, .configurationInvalid, .configurationValidationFailed: 400
    case .authTimeout, .authProviderError, .authNetwork, .unavailable, .resourceExhausted: 503
    default: 500
    }
  }

  /// Exit status of a command that failed so: 1, or 2 where the words of the command were wrong.
  package var exitStatus: Int32 {
    switch self {
    case .toolInvalidArguments: 2
    default: 1
    }
  }

  private var family: Substring { rawValue.prefix { $0 != "_" } }
}

extension GatewayError {
  /// The error object of every surface: `{status, error, message, …}` as the original's clients know it.
  package func document(correlationID: String = RandomID.uuid(), now: String = WallClock.iso8601()) -> JSONValue {
    var document: JSONObject = [
      "status": "error",
      "error": .object([
        "code": .string(code.rawValue),
        "message": .string(message),
        "severity": .string(code.severity.rawValue),
        "recovery_strategy": .string(code.recovery.rawValue),
        "correlation_id": .string(correlationID),
        "timestamp": .string(now),
        "context": .object([
          "server_name": serverName.map(JSONValue.string) ?? .null,
          "tool_name": toolName.map(JSONValue.string) ?? .null,
        ]),
        "details": .object(["suggested_actions": .array(suggestions.map(JSONValue.string))]),
      ]),
      "timestamp": .string(now),
      "correlation_id": .string(correlationID),
    ]
    if let reason, case .object(var error)? = document["error"] {
      error["reason"] = .string(reason)
      document["error"] = .object(error)
    }
    if let violations {
      document["server_name"] = serverName.map(JSONValue.string) ?? .null
      document["blocked"] = true
      document["violations"] = .array(violations.map(JSONValue.string))
    }
    return .object(document)
  }
}
