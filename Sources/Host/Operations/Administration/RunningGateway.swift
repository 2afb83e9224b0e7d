internal import JSON

/// The gateway that serves in this process, for what administrators ask of it rather than of its file.
package struct RunningGateway: Sendable {
  let plugins: LivePlugins
  /// An operator's context in the MCP config of that name or id; nil: the only one there is.
  let context: @Sendable (String?) async throws -> OperationContext
  /// What ``TimeoutReport`` says.
  let timeouts: @Sendable () async throws -> JSONValue
}

extension AdminCall {
  /// Has the running gateway answer a question about the MCP config that the input names.
  func asking<O: Operation>(_ question: O.Type, _ input: O.Input) throws(GatewayError) -> AdminAction where O.Context == OperationContext {
    let gateway = try running(for: "answer this", otherwise: "Or leave --url out: the command opens the plugins of the file itself.")
    let config = self.input.find(Inputs.config)
    return AdminAction {
      let answer = try await OperationRunner.run(question, input, gateway.context(config))
      return Answer(answer, isBad: answer.isError)
    }
  }

  /// The gateway that this is done in.
  /// - Parameter purpose: what only a running gateway can do, as in "only a running gateway can …".
  /// - Throws: `unavailable` with status 409 where only the file is worked on.
  func running(for purpose: String, otherwise suggestion: String) throws(GatewayError) -> RunningGateway {
    if let gateway { return gateway }
    var error = GatewayError(
      .unavailable, "No gateway serves in this process: only a running gateway can \(purpose).",
      suggestions: ["Ask one through its REST API (`admin_api.enabled`): give its URL with --url.", suggestion])
    error.httpStatus = 409
    throw error
  }
}

extension JSONValue {
  /// A document that reports an error.
  fileprivate var isError: Bool { self["status"]?.stringValue == "error" }
}
