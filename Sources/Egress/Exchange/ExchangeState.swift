/// What an `Exchange` guards: how far the answer has come and who waits for it. Continuations are handed out, to be resumed without the lock.
struct ExchangeState {
  typealias HeadReader = CheckedContinuation<Result<ResponseHead, EgressError>, Never>
  typealias ChunkReader = CheckedContinuation<Result<[UInt8]?, EgressError>, Never>

  enum Acceptance: Sendable {
    case taken
    /// The reader is behind: the same bytes are to be offered again after `resume`.
    case paused
    case abandoned
  }

  private let bufferBytes: Int
  private var buffer: [UInt8] = []
  private var isPaused = false
  private var headReader: HeadReader?
  private var chunkReader: ChunkReader?
  private var end: End?
  private(set) var trailers: [(name: String, value: String)] = []

  private enum End {
    case complete
    case failed(EgressError)
  }

  init(bufferBytes: Int) {
    self.bufferBytes = bufferBytes
  }

  var hasEnded: Bool { end != nil }

  // MARK: The reader

  /// Keeps the reader, unless it has been cancelled already.
  mutating func awaitHead(_ reader: HeadReader) -> EgressError? {
    if case .failed(let error) = end { return error }
    headReader = reader
    return nil
  }

  struct ReadStep: Sendable {
    /// Nil: the reader is kept until there is something.
    var chunk: Result<[UInt8]?, EgressError>?
    var resumesTransfer = false
  }

  mutating func read(_ reader: ChunkReader) -> ReadStep {
    guard chunkReader == nil else { return ReadStep(chunk: .failure(.badRequest("two tasks read one body"))) }
    if !buffer.isEmpty {
      let resumes = isPaused
      isPaused = false
      return ReadStep(chunk: .success(takeBuffer()), resumesTransfer: resumes && end == nil)
    }
    switch end {
    case .complete: return ReadStep(chunk: .success(nil))
    case .failed(let error): return ReadStep(chunk: .failure(error))
    case nil:
      chunkReader = reader
      return ReadStep()
    }
  }

  /// Bytes that nobody has read are dropped; who reads on all the same is told so.
  mutating func abandon() -> Wake {
    if !buffer.isEmpty, case .complete = end { end = .failed(.cancelled) }
    buffer = []
    var wake = finish(.cancelled, trailers: [])
    wake.abortsTransfer = wake.isFirst
    return wake
  }

  // MARK: The transfer

  mutating func begin() -> HeadReader? {
    defer { headReader = nil }
    return headReader
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) -> (Acceptance, waiting: (reader: ChunkReader, chunk: [UInt8])?) {
    if end != nil { return (.abandoned, nil) }
    if let reader = chunkReader {
      chunkReader = nil
      return (.taken, (reader, [UInt8](bytes)))
    }
    if buffer.count >= bufferBytes {
      isPaused = true
      return (.paused, nil)
    }
    buffer.append(contentsOf: bytes)
    return (.taken, nil)
  }

  /// Who is to be told of the end.
  struct Wake: Sendable {
    var headReader: HeadReader?
    var chunkReader: ChunkReader?
    var error: EgressError?
    var isFirst = false
    var abortsTransfer = false

    func resume() {
      if let headReader { headReader.resume(returning: .failure(error ?? .failed("the transfer ended without an answer"))) }
      chunkReader?.resume(returning: error.map { .failure($0) } ?? .success(nil))
    }
  }

  /// Sets the end, the first time that it is called; bytes that have been buffered can still be read.
  mutating func finish(_ failure: EgressError?, trailers: [(name: String, value: String)]) -> Wake {
    guard end == nil else { return Wake() }
    end = failure.map { .failed($0) } ?? .complete
    self.trailers = trailers
    defer { (headReader, chunkReader) = (nil, nil) }
    return Wake(headReader: headReader, chunkReader: chunkReader, error: failure, isFirst: true)
  }

  private mutating func takeBuffer() -> [UInt8] {
    defer { buffer = [] }
    return buffer
  }
}
