internal import JSON
internal import MCP
internal import NIOCore

/// How the conversation begins: which era the child speaks, and the handshake.
extension StdioHandler {
  /// Begins the conversation and waits for it to be open.
  func open(_ opening: StdioOpening, greeting: EventLoopPromise<Result<ServerGreeting, UpstreamError>>) {
    guard case .opening = state else { return greeting.succeed(.failure(.exited("ended before the MCP handshake"))) }
    self.greeting = greeting
    self.opening = opening
    if let first = self.opening?.start() { act(on: first) }
    if self.opening?.isAsking == true { watchQuestion() }
    endIfOver()
  }

  func takeDuringOpening(_ message: Message) {
    if case .notification(let notification) = message { onNotification(notification) }
    if let action = opening?.receive(message) { act(on: action) }
  }

  private func act(on action: StdioOpening.Action) {
    switch action {
    case .send(let message):
      send(message) { [weak self] isSent in
        if isSent { self?.questionIsSent = true }
      }
    case .open(let greeting, let last):
      if let last { send(last) }
      didOpen(greeting)
    case .fail(let failure): end(.protocolViolation("\(failure)"))
    case .ignore: break
    }
  }

  /// A child that is still starting has not read the question yet; its time to answer begins when it has.
  private func watchQuestion() {
    eventLoop.assumeIsolated().scheduleTask(in: Limits.Upstream.questionCheckInterval) { [weak self] in
      guard let self, self.opening?.isAsking == true, self.state != .ended else { return }
      guard (self.inputGauge?.unreadBytes ?? 0) == 0 else { return self.watchQuestion() }
      self.eventLoop.assumeIsolated().scheduleTask(in: Limits.Upstream.stdioProbeTimeout) { [weak self] in self?.giveUpAsking() }
    }
  }

  private func giveUpAsking() {
    guard state != .ended, let action = opening?.giveUpAsking() else { return }
    act(on: action)
  }

  /// It read the question which era it speaks, and then ended, at once or with the next message: servers that do not bear unknown messages do that.
  var endedByQuestion: Bool {
    guard state == .opening, let opening, questionIsSent else { return false }
    return opening.isUnanswered || opening.isAsking && inputGauge?.unreadBytes == 0
  }
}
