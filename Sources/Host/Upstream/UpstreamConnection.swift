internal import JSON
internal import MCP
internal import NIOCore

/// One conversation with a server: what the pool starts, leases to calls, and ends. Usable from any thread.
protocol UpstreamConnection: AnyObject, Sendable {
  /// What the server said about itself; nil before `open`.
  var greeting: ServerGreeting? { get }
  /// What it was asked to log.
  var askedLevel: AskedLevel { get }
  /// Nothing of it is left.
  var gone: EventLoopFuture<Void> { get }
  /// Of the command and its supervisor, if there are any.
  var processIDs: (command: Int32, supervisor: Int32)? { get }

  /// The MCP handshake, once.
  func open(clientInfo: Implementation, capabilities: RawJSON?, deadline: NIODeadline) async throws(UpstreamError)

  /// Whether it was the question which revision it speaks that ended the server, so that another may be started, which will not be asked.
  func wasEndedByQuestion() async -> Bool

  /// The subscription of a conversation of 2026-07-28; nil in older ones, where the server says things at large.
  var listening: ServerListening? { get }

  /// One call. `params` is JSON text of an object without line breaks. At the deadline, or when the task is cancelled, the server is told.
  func request(
    method: String, params: [UInt8], deadline: NIODeadline, listener: (any UpstreamListener)?
  ) async throws(CallFailure) -> UpstreamReply

  /// Takes no further call; ends when those in flight are done.
  func close()
  /// The same, but whoever waits is told that the gateway shuts down.
  func shutDown()
  /// Fails every call and ends without waiting.
  func abandon(_ error: UpstreamError)
  /// Ends at once, whatever that leaves behind at the server.
  func kill()
}

extension UpstreamConnection {
  func wasEndedByQuestion() async -> Bool { false }
}

/// Why a connection takes no more calls, when it was not told to.
enum ConnectionEnd: Sendable {
  /// The server cannot be reached.
  case failed(UpstreamError)
  /// The session is over, or nobody knows: no failure of the server, and a new one is to be had at once.
  case expired(UpstreamError)
}

extension StdioConnection: UpstreamConnection {
  var gone: EventLoopFuture<Void> { process.gone }
  var processIDs: (command: Int32, supervisor: Int32)? { (process.pid, process.supervisorPID) }
  func kill() { process.kill() }
}
