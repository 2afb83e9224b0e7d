internal import JSON

/// Severity of `notifications/message` (RFC 5424 §6.2.1), least urgent first.
package enum LoggingLevel: String, Sendable, CaseIterable, Comparable {
  case debug, info, notice, warning, error, critical, alert, emergency

  /// The level that a `logging/setLevel` request asks for.
  package init(settingOf request: Request) throws(RPCError) {
    guard let level = request.params?["level"]?.stringValue.flatMap({ LoggingLevel(rawValue: $0) }) else {
      throw .invalidParams("level must be one of \(Self.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    self = level
  }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}
