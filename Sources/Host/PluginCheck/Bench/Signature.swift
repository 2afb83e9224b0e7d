/// What an outcome says, in a form that two of them can be compared in.
enum Signature {
  static func word(_ outcome: CallOutcome) -> String {
    switch outcome {
    case .verdict(let verdict): "\(verdict.action)"
    case .identity: "identity"
    case .document: "document"
    case .done: "done"
    case .refused(let refusal): "\(refusal.status)"
    case .failed(let failure): "failure (\(failure.code.rawValue))"
    }
  }

  static func text(_ outcome: CallOutcome) -> String {
    switch outcome {
    case .verdict(let verdict):
      word(outcome) + verdict.violations.map { "|\($0.category)/\($0.code)@\($0.segment ?? -1):\($0.start)-\($0.end)" }.joined()
        + verdict.replacements.map { ">\($0.segment):\($0.text)" }.joined()
    case .identity(let identity): "\(identity.subject)|\(identity.projectID)|\(identity.userID)|\(identity.configID)"
    case .refused(let refusal): word(outcome) + refusal.code
    case .document, .done, .failed: word(outcome)
    }
  }
}
