internal import Synchronization

/// The meeting point of one transfer, on the loop's thread, and the task that reads its answer.
final class Exchange: Sendable {
  private let id: UInt64
  private let mailbox: Mailbox
  private let state: Mutex<ExchangeState>

  init(id: UInt64, mailbox: Mailbox, bufferBytes: Int) {
    self.id = id
    self.mailbox = mailbox
    state = Mutex(ExchangeState(bufferBytes: bufferBytes))
  }

  // MARK: The task's side

  /// Posts `request` and waits for the head of the answer. A cancelled task gets `cancelled` at once.
  func start(_ request: PreparedRequest) async throws(EgressError) -> ResponseHead {
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (reader: CheckedContinuation<Result<ResponseHead, EgressError>, Never>) in
        if let ended = state.withLock({ $0.awaitHead(reader) }) {
          mailbox.release()
          reader.resume(returning: .failure(ended))
        } else if !mailbox.post(.start(id, request, self)) {
          mailbox.release()
          end(.shuttingDown)
        }
      }
    } onCancel: {
      abandon()
    }
    return try result.get()
  }

  func nextChunk() async throws(EgressError) -> [UInt8]? {
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (reader: CheckedContinuation<Result<[UInt8]?, EgressError>, Never>) in
        let step = state.withLock { $0.read(reader) }
        if step.resumesTransfer { mailbox.post(.resume(id)) }
        if let chunk = step.chunk { reader.resume(returning: chunk) }
      }
    } onCancel: {
      abandon()
    }
    return try result.get()
  }

  /// Nobody will read on. Does nothing after the end.
  func abandon() {
    let wake = state.withLock { $0.abandon() }
    wake.resume()
    if wake.abortsTransfer { mailbox.post(.abort(id)) }
  }

  var trailers: [(name: String, value: String)] { state.withLock { $0.trailers } }

  // MARK: The loop's side

  var hasEnded: Bool { state.withLock { $0.hasEnded } }

  func begin(_ head: ResponseHead) {
    state.withLock { $0.begin() }?.resume(returning: .success(head))
  }

  func append(_ bytes: UnsafeRawBufferPointer) -> ExchangeState.Acceptance {
    let (acceptance, waiting) = state.withLock { $0.append(bytes) }
    waiting?.reader.resume(returning: .success(waiting?.chunk))
    return acceptance
  }

  func end(_ failure: EgressError?, trailers: [(name: String, value: String)] = []) {
    state.withLock { $0.finish(failure, trailers: trailers) }.resume()
  }
}
