package import JSON

/// What one check found.
package struct Finding: Sendable {
  package enum Status: String, Sendable {
    case ok, warning, problem
  }

  package var check: String
  package var status: Status
  package var detail: String
  /// What to do about it.
  package var advice: String?

  static func ok(_ check: String, _ detail: String) -> Finding { Finding(check: check, status: .ok, detail: detail) }

  static func warning(_ check: String, _ detail: String, _ advice: String? = nil) -> Finding {
    Finding(check: check, status: .warning, detail: detail, advice: advice)
  }

  static func problem(_ check: String, _ detail: String, _ advice: String? = nil) -> Finding {
    Finding(check: check, status: .problem, detail: detail, advice: advice)
  }

  /// As a failure tells it, cause included: the reader is the operator.
  static func problem(_ check: String, _ error: any Error) -> Finding {
    guard let failure = error as? GatewayError else { return problem(check, "\(error)") }
    return problem(
      check, failure.message + (failure.cause.map { " \($0)" } ?? ""),
      failure.suggestions.isEmpty ? nil : failure.suggestions.joined(separator: " "))
  }

  package var document: JSONValue {
    [
      "check": .string(check), "status": .string(status.rawValue), "detail": .string(detail),
      "advice": advice.map(JSONValue.string) ?? .null,
    ]
  }
}
