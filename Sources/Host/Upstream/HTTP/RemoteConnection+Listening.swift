internal import JSON
internal import MCP
internal import NIOCore
internal import Synchronization

/// The subscription at a server of 2026-07-28: a request whose answer is a stream.
extension RemoteConnection {
  /// Called once, when the conversation is open.
  func startListening(_ greeting: ServerGreeting) {
    let listening = ServerListening(
      greeting, on: eventLoop,
      wire: ServerListening.Wire(
        open: { [weak self] number, filter in self?.openListening(number, filter) },
        close: { [weak self] number in self?.cancelTasks { $0 == .listening(number) } },
        missed: { [setup, server] in setup.onNotification(server, $0) }))
    state.withLock { $0.listening = listening }
    listening.begin()
  }

  var listening: ServerListening? { state.withLock { $0.listening } }

  private func openListening(_ number: Int, _ filter: ListenFilter) {
    state.withLock { state in
      guard state.phase == .open, let listening = state.listening else { return }
      spawn(.listening(number), &state) { await self.listen(number, filter, listening) }
    }
  }

  private func listen(_ number: Int, _ filter: ListenFilter, _ listening: ServerListening) async {
    let message = Encode.request(
      id: ServerListening.id(number), method: MethodName.listen,
      params: modernParams.enveloping(filter.params))
    let fields = RoutingHeaders.fields(method: MethodName.listen, params: filter.params)
    do throws(ExchangeFailure) {
      switch try await wire.listen(message, fields: fields, idleTimeout: Limits.Upstream.streamIdleTimeout) {
      case .accepted: listening.ended(number, refusal: .notTold)
      case .messages(let messages): for message in messages { take(message, of: number, listening) }
      case .events(var reader):
        while let messages = try await reader.nextMessages() {
          for message in messages { take(message, of: number, listening) }
        }
      }
      listening.ended(number)
    } catch {
      log.trace("a subscription ended", ["reason": error.error.operatorText])
      listening.ended(number, refusal: Self.refusal(error))
    }
  }

  private func take(_ message: Message, of number: Int, _ listening: ServerListening) {
    switch message {
    case .notification(let notification) where notification.method == MethodName.acknowledged: listening.acknowledged(notification)
    case .notification: take(message, during: nil)
    case .response(let response) where response.id == ServerListening.id(number) || response.id == nil:
      if case .error(let error) = response.outcome { listening.ended(number, refusal: error) } else { listening.ended(number) }
    case .response, .request: break
    }
  }

  /// What will be the same the next time; nil: trying again may help.
  private static func refusal(_ failure: ExchangeFailure) -> RPCError? {
    switch failure {
    case .refused(_, let error?): error
    case .refused(let status, nil) where (400..<500).contains(status) && status != 408 && status != 429: .notTold
    case .failed(.protocolViolation): .notTold
    case .refused, .failed, .unreachable, .interrupted, .sessionLost: nil
    }
  }
}
