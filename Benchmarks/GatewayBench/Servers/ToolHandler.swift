internal import NIOCore
internal import NIOHTTP1

/// Streamable HTTP, without sessions and without streams.
final class ToolHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart
  private let conversation = ToolConversation()
  private var body = ByteBuffer()
  private var isPost = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      isPost = head.method == .POST
      body.clear()
    case .body(var part): body.writeBuffer(&part)
    case .end:
      guard isPost else { return context.answer(.methodNotAllowed, ByteBuffer()) }
      guard let answer = conversation.answer(Array(body.readableBytesView)) else { return context.answer(.accepted, ByteBuffer()) }
      context.answer(.ok, ByteBuffer(bytes: answer))
    }
  }
}
