internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

/// The way from HTTP requests to the handler's, and back.
struct RESTExchange: Sendable {
  private let handler: RESTServer.Handler
  private let settings: RESTServerSettings
  private let budget: BodyBudget

  init(settings: RESTServerSettings, handler: @escaping RESTServer.Handler) {
    self.settings = settings
    self.handler = handler
    budget = BodyBudget(limit: settings.maxBodyBytesTogether)
  }

  @concurrent func respond(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
    let body = IncomingBody(request, maxBytes: settings.maxBodyBytes, timeout: settings.bodyTimeout, budget: budget)
    let answer = await handler(Self.request(request, channel, body))
    if !body.isFinished { Self.closeSoon(channel) }
    body.release()
    let isEmpty = request.method == .head || answer.body.isEmpty
    try await writer.write(
      response: Self.head(answer), body: isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
  }

  private static func request(_ request: Request, _ channel: any Channel, _ body: IncomingBody) -> RESTRequest {
    var headers = request.headers.map { (name: $0.name.canonicalName, value: $0.value) }
    if let authority = request.head.authority { headers.append((name: "host", value: authority)) }
    return RESTRequest(
      method: request.method.rawValue, path: request.uri.path, query: request.uri.query ?? "", headers: headers,
      peer: channel.remoteAddress?.ipAddress ?? "", body: { () throws(BodyFailure) in try await body.read() })
  }

  /// A client that is answered before it has sent everything gets the time to read the answer; what it still sends is not waited for.
  private static func closeSoon(_ channel: any Channel) {
    channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
  }

  private static func head(_ answer: RESTAnswer) -> HTTPResponse {
    var fields = HTTPFields()
    for (name, value) in answer.headers {
      if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
    }
    if answer.status != 204, answer.status != 304 { fields[.contentLength] = String(answer.body.count) }
    return HTTPResponse(status: HTTPResponse.Status(code: answer.status), headerFields: fields)
  }
}
