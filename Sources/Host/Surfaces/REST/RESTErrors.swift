internal import JSON
internal import RESTServer

/// How failures look: as the original's clients know them. Routes below `/configs`, and refused credentials, carry the whole error object, others a sentence;
/// input that is wrong is a list with the place of each mistake.
enum RESTErrors {
  static func answer(_ refusal: RESTRefusal, path: String) -> RESTAnswer {
    .json(refusal.status, body(refusal, path: path).serialized(), headers: refusal.headers)
  }

  private static func body(_ refusal: RESTRefusal, path: String) -> JSONValue {
    let error = refusal.error
    switch refusal.status {
    case 422: return ["detail": [mistake(error)]]
    case 500...: return error.document()
    case 401, 403: return ["detail": error.document()]
    default: return ["detail": path.hasPrefix("/api/v1/configs") ? error.document() : .string(sentence(error))]
    }
  }

  /// The value is not said again: it may be a secret.
  private static func mistake(_ error: GatewayError) -> JSONValue {
    [
      "type": "value_error", "loc": .array(["body"] + (error.field.map { [.string($0)] } ?? [])), "msg": .string(sentence(error)),
      "input": .null,
    ]
  }

  private static func sentence(_ error: GatewayError) -> String { ([error.message] + error.suggestions).joined(separator: " ") }

  /// What an operation threw. Where the configuration is wrong is told to administrators.
  static func refusal(_ error: any Error, of operation: AdminOperation, for caller: AdminCaller) -> RESTRefusal {
    switch error {
    case let refusal as RESTRefusal: return refusal
    case let error as GatewayError: return RESTRefusal(status(of: error, operation), error)
    case let error as ConfigError:
      guard caller.permissions.contains(.administer) else {
        return RESTRefusal(
          500, GatewayError(.configurationInvalid, "The configuration file cannot be used as it stands.", cause: error.description))
      }
      return RESTRefusal(500, GatewayError(.configurationInvalid, "The configuration file is wrong: \(error.description)"))
    default: return RESTRefusal(500, GatewayError(.internalError, "The operation failed.", cause: "\(error)"))
    }
  }

  /// What is missing is "not found" where the path names it, and a mistake of the request where its body does.
  private static func status(of error: GatewayError, _ operation: AdminOperation) -> Int {
    if let status = error.httpStatus { return status }
    switch error.code {
    case .toolInvalidArguments: return 422
    case .discoveryFailed, .discoveryServerUnavailable, .discoveryToolValidationFailed: return 502
    case .discoveryTimeout: return 504
    case .configurationMissing: return operation.route.path.contains("{") ? 404 : 400
    default: return error.code.httpStatus
    }
  }
}
