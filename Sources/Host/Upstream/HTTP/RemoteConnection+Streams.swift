internal import MCP
internal import NIOCore

/// Streams that belong to the session.
extension RemoteConnection {
  /// Streamable HTTP: what the server says of itself, for as long as the session lasts. Opened again when it ends; a server may have none.
  func listen(_ session: RemoteWire.Session) async {
    var lastEventID = ""
    var pause = Limits.Upstream.firstStreamPause
    while !Task.isCancelled {
      do throws(ExchangeFailure) {
        var reader = try await wire.events(session: session, after: lastEventID, idleTimeout: Limits.Upstream.streamIdleTimeout)
        pause = Limits.Upstream.firstStreamPause
        let cut = await readAll(&reader)
        if !reader.lastEventID.isEmpty { lastEventID = reader.lastEventID }
        pause = StreamPause.bounded(reader.retryMilliseconds) ?? pause
        log.trace("the session's stream ended", ["reason": cut?.error.operatorText ?? "the server closed it"])
      } catch {
        switch error {
        case .sessionLost: return end(.expired(error.error), owesFarewell: false)
        case .refused(let status, _) where status < 500 && status != 409 && status != 429: return
        case .failed(.protocolViolation), .failed(.cancelled), .failed(.shuttingDown): return
        default: pause = StreamPause.doubled(pause)
        }
      }
      do throws(ExchangeFailure) { try await self.pause(pause) } catch { return }
    }
  }

  /// HTTP+SSE: everything the server says. When the stream ends, so does the session.
  func follow(_ stream: EventReader) async {
    var stream = stream
    let failure = await readAll(&stream)
    let error = UpstreamError.exited(failure == nil ? "ended its event stream" : "its event stream was lost")
    end(.expired(error), owesFarewell: false)
    failCalls(error, mayHaveRun: true)
    finishIfIdle()
  }

  /// Takes everything up to the end; nil if the server ended it in an orderly way.
  private func readAll(_ reader: inout EventReader) async -> ExchangeFailure? {
    do throws(ExchangeFailure) {
      while let messages = try await reader.nextMessages() {
        for message in messages { take(message, during: nil) }
      }
      return nil
    } catch {
      return error
    }
  }
}
