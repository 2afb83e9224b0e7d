internal import Egress
internal import JSON
internal import MCP
internal import NIOCore

/// The messages of one event stream, as they arrive.
struct EventReader: Sendable {
  private let body: EgressBody
  private var decoder = SSEDecoder(maxEventBytes: Limits.Upstream.maxMessageBytes)
  /// Since when this stream has kept its event loop busy.
  private var busySince = NIODeadline.now()

  init(_ body: EgressBody) { self.body = body }

  /// Where to go on after a cut; empty if the server never gave an id.
  var lastEventID: String { decoder.lastEventID }
  /// What the server asks to wait before going on.
  var retryMilliseconds: Int? { decoder.retryMilliseconds }

  /// The next event; nil at the stream's end.
  mutating func next() async throws(ExchangeFailure) -> SSEEvent? {
    while true {
      if let event = decoder.next() { return event }
      guard let chunk = try await chunk() else { return nil }
      do throws(SSEDecoder.EventTooLarge) {
        try decoder.append(chunk)
      } catch {
        throw .failed(.tooLarge(error.limit))
      }
    }
  }

  /// The messages of the next event that holds any; nil at the stream's end. Events of other types, empty ones and such as are no messages are skipped.
  mutating func nextMessages() async throws(ExchangeFailure) -> [Message]? {
    while let event = try await next() {
      guard event.type == "message", !event.data.isEmpty else { continue }
      do throws(UpstreamError) { return try Message.all(in: event.data) } catch { continue }
    }
    return nil
  }

  private mutating func chunk() async throws(ExchangeFailure) -> [UInt8]? {
    try await giveWay()
    let asked = NIODeadline.now()
    defer { if .now() - asked > Limits.Upstream.noticeableWait { busySince = .now() } }
    var iterator = body.makeAsyncIterator()
    do throws(EgressError) {
      return try await iterator.next()
    } catch {
      throw ExchangeFailure(error)
    }
  }

  /// Where there is always a next chunk, nobody else would get a turn: an event loop looks at its connections only once it has no task left to run.
  private mutating func giveWay() async throws(ExchangeFailure) {
    guard .now() - busySince > Limits.Upstream.streamTurn else { return }
    do { try await Task.sleep(nanoseconds: 1_000_000) } catch { throw .failed(.cancelled) }
    busySince = .now()
  }
}

extension Message {
  /// One message, or those of a batch.
  static func all(in bytes: [UInt8]) throws(UpstreamError) -> [Message] {
    do {
      let raw = try RawJSON(validating: bytes, limits: JSONLimits(maxBytes: Limits.Upstream.maxMessageBytes))
      switch try Payload(raw) {
      case .single(let message): return [message]
      case .batch(let elements): return try elements.map { try Message($0) }
      }
    } catch {
      throw .protocolViolation("its answer is not a valid message: \(error)")
    }
  }
}
