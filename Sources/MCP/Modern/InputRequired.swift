package import JSON

/// A result of 2026-07-28 that is none yet: the server wants answers of the client first, and the request again with them.
package struct InputRequired: Sendable {
  /// One thing that the server wants to know.
  package struct Question: Sendable {
    /// The server's name for it; the answer goes under the same.
    package let key: String
    package let method: String
    /// An object; nil when there is none.
    package let params: RawJSON?

    package init(key: String, method: String, params: RawJSON?) {
      self.key = key
      self.method = method
      self.params = params
    }
  }

  package enum Invalid: String, Error, Sendable {
    case requestsAreNoObject = "inputRequests is no object"
    case requestIsNone = "one of inputRequests is no request with a method and params"
    case stateIsNoString = "requestState is no string"
    case isEmpty = "it names neither inputRequests nor requestState"
  }

  package static let resultType = "input_required"
  /// Members of `params` that come with the request when it is made again. They belong to one hop.
  package static let retryMembers: Set<String> = ["inputResponses", "requestState"]

  /// In the server's order; empty when the request is only to be made again.
  package let questions: [Question]
  /// A string that belongs to the server: it goes back byte by byte with the next round.
  package let state: RawJSON?

  package init(questions: [Question], state: RawJSON? = nil) {
    self.questions = questions
    self.state = state
  }

  package init(_ result: RawJSON) throws(Invalid) {
    let state = result["requestState"].flatMap { $0.isNull ? nil : $0 }
    guard state == nil || state?.kind == .string else { throw .stateIsNoString }
    let requests = result["inputRequests"].flatMap { $0.isNull ? nil : $0 }
    guard requests == nil || requests?.kind == .object else { throw .requestsAreNoObject }
    var questions: [Question] = []
    for (key, request) in requests?.members ?? RawJSON(.object([:])).members {
      let params = request["params"].flatMap { $0.isNull ? nil : $0 }
      guard let key = key.stringValue, let method = request["method"]?.stringValue, params == nil || params?.kind == .object else {
        throw .requestIsNone
      }
      questions.append(Question(key: key, method: method, params: params))
    }
    guard state != nil || !questions.isEmpty else { throw .isEmpty }
    self.init(questions: questions, state: state)
  }
}

extension InputRequired {
  /// JSON text of a result of 2026-07-28 that asks for this.
  /// - Parameter state: what the client brings back.
  package func encoded(state: String, serverInfo: Implementation) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { result in
      result.member("resultType", Self.resultType)
      if !questions.isEmpty {
        result.key("inputRequests")
        result.object { requests in
          for question in questions {
            requests.key(question.key)
            question.write(into: &requests)
          }
        }
      }
      result.member("requestState", state)
      result.key("_meta")
      result.object { meta in
        meta.key(MetaKey.serverInfo)
        serverInfo.write(into: &meta)
      }
    }
    return writer.bytes
  }
}

extension InputRequired.Question {
  fileprivate func write(into writer: inout JSONWriter) {
    writer.object { request in
      request.member("method", method)
      if let params { request.member("params", params.compacted()) }
    }
  }
}
