internal import Glibc
internal import NIOCore

/// The gateway's end of the control socket. It stays open as long as the gateway wants the child; the kernel closes it when the gateway
/// dies in whatever way, and the supervisor then ends the tree. Fulfils both promises in any case.
final class ControlHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let started: EventLoopPromise<Result<pid_t, UpstreamError>>
  private let ended: EventLoopPromise<ExitStatus>
  private let commandName: String
  private var text: [UInt8] = []

  init(
    started: EventLoopPromise<Result<pid_t, UpstreamError>>, ended: EventLoopPromise<ExitStatus>, commandName: String
  ) {
    self.started = started
    self.ended = ended
    self.commandName = commandName
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    text.append(contentsOf: unwrapInboundIn(data).readableBytesView)
    while let end = text.firstIndex(of: UInt8(ascii: "\n")) {
      if let report = SupervisorReport(line: String(decoding: text[..<end], as: UTF8.self)) { take(report) }
      text.removeSubrange(...end)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    started.succeed(.failure(.cannotStart("its supervisor ended before the command was executed")))
    ended.succeed(.unknown)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func take(_ report: SupervisorReport) {
    switch report {
    case .started(let pid): started.succeed(.success(pid))
    case .ended(let status): ended.succeed(status)
    case .failed(let code, let step):
      started.succeed(.failure(.cannotStart(reason(code: code, step: step))))
      ended.succeed(.unknown)
    }
  }

  private func reason(code: Int32, step: String) -> String {
    switch step {
    case "exec" where code == ENOENT && !commandName.contains("/"): "no such program '\(commandName)' in PATH"
    case "exec": "'\(commandName)': \(SystemError.text(code))"
    case "directory": "working directory: \(SystemError.text(code))"
    case "limit": "resource limits: \(SystemError.text(code))"
    default: SystemError.text(code)
    }
  }
}
