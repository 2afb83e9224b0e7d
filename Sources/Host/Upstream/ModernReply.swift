internal import JSON
internal import MCP

extension UpstreamReply {
  /// The answer of a server of 2026-07-28 to a call, whatever the transport. A result that does not say its type is complete.
  init(modern outcome: Response.Outcome) throws(UpstreamError) {
    switch outcome {
    case .error(let error): self = .error(error)
    case .result(let result):
      guard let type = result["resultType"] else {
        self = .result(result)
        return
      }
      switch type.stringValue {
      case "complete": self = .result(result)
      case InputRequired.resultType: self = .inputRequired(try Self.inputRequired(result))
      default: throw .protocolViolation("its result is of an unknown type")
      }
    }
  }

  private static func inputRequired(_ result: RawJSON) throws(UpstreamError) -> InputRequired {
    let required: InputRequired
    do throws(InputRequired.Invalid) { required = try InputRequired(result) } catch {
      throw .protocolViolation("it asks for input in a way that cannot be understood: \(error.rawValue)")
    }
    guard required.questions.count <= Limits.Bridge.maxQuestionsPerRound else {
      throw .protocolViolation("it asks for more than \(Limits.Bridge.maxQuestionsPerRound) things at once")
    }
    guard required.questions.allSatisfy({ $0.key.utf8.count <= Limits.Bridge.maxQuestionKeyBytes }) else {
      throw .protocolViolation("one of its inputRequests has a name longer than \(Limits.Bridge.maxQuestionKeyBytes) bytes")
    }
    guard required.state.map({ $0.bytes.count <= Limits.Bridge.maxServerStateBytes }) ?? true else {
      throw .protocolViolation("its requestState is longer than \(Limits.Bridge.maxServerStateBytes) bytes")
    }
    return required
  }
}

extension ModernParams {
  /// `params` with what the client behind the call can be asked, and wants to hear.
  func enveloping(_ params: RawJSON, for listener: (any UpstreamListener)?) -> [UInt8] {
    guard let listener else { return enveloping(params) }
    return enveloping(params, capabilities: listener.capabilities, logLevel: listener.loggingLevel)
  }
}
