internal import JSON

/// Calls that run while their input is judged (`enkrypt_async_input_guardrails_enabled`). Nothing of such a call reaches the client before the verdict: no
/// result, no error, no progress, no question. When the verdict blocks, the call is cancelled and what it brought is dropped.
extension Pipeline {
  /// Tools that the administrator lists, judged by guardrails that replace nothing: what a guardrail would take out of a text must not have been sent.
  func mayRunMeanwhile(_ call: ForwardedRequest, on server: ServerEntry, for caller: Caller) -> Bool {
    let policy = server.inputPolicy
    guard caller.state.config.common.isAsyncInputEnabled, policy.isEnabled, case .tool(let name) = call.target,
      server.asyncSafeTools.contains(name)
    else { return false }
    let judges = caller.state.guardrails.filter { policy.bindings.contains($0.name) && $0.instance.implements(.input) }
    guard !judges.isEmpty else { return false }
    return policy.mode == .observe || judges.allSatisfy(\.onlyJudges)
  }

  func walkMeanwhile(
    _ call: ForwardedRequest, on server: ServerEntry, for caller: Caller, _ request: RequestContext, _ calls: CallStates?
  ) async -> Outcome {
    let verdict = Task(executorPreference: discovery.catalogue.executor) {
      await screenInput(call, on: server, for: caller, request, calls).1
    }
    return await withTaskCancellationHandler {
      await withTaskGroup(of: Outcome?.self) { group in
        group.addTask {
          let report = await verdict.value
          return report.isBlocked ? .blockedInput(report) : nil
        }
        group.addTask {
          let outcome = await forwarded(call, .pending(verdict), on: server, for: caller, request, calls)
          let report = await verdict.value
          return report.isBlocked ? .blockedInput(report) : outcome
        }
        var answer: Outcome?
        for await outcome in group where answer == nil && outcome != nil {
          answer = outcome
          group.cancelAll()
        }
        return answer ?? .failed(GatewayError(.internalError, "The call ended without an answer.", server: server.name, tool: call.item))
      }
    } onCancel: {
      verdict.cancel()
    }
  }

  private func forwarded(
    _ call: ForwardedRequest, _ input: InputVerdict, on server: ServerEntry, for caller: Caller, _ request: RequestContext,
    _ calls: CallStates?
  ) async -> Outcome {
    do throws(GatewayError) {
      return try await forward(
        call, call.content, input, on: server, for: caller, await vetted(request, of: call, on: server, for: caller), calls)
    } catch {
      return .failed(error)
    }
  }
}
