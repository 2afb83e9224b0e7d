internal import CCurl
internal import NIOCore

/// One request under way: libcurl's easy handle and what its callbacks note down. Lives on the loop's thread; the loop keeps it until the handle has
/// been taken out of the multi handle, so that no callback meets a transfer that is gone.
final class Transfer {
  let id: UInt64
  let request: PreparedRequest
  let exchange: Exchange
  let easy: UnsafeMutableRawPointer
  /// Nil if the proxy of the environment is not used.
  let proxy: String?

  var reader: HeadReader
  var bodyBytes = 0
  var isPaused = false
  /// Sockets opened and requests written in the present attempt.
  var openedSockets = 0
  var writtenRequests = 0
  /// What a callback found wrong; it then made libcurl stop.
  var failure: EgressError?
  /// The first address that the policy refused.
  var refusal: EgressError?
  var isFreshAttempt = false

  private let started: NIODeadline
  var lastByte: NIODeadline
  /// The entry of the loop's deadline queue that counts; earlier and later ones are void.
  var armed = NIODeadline.distantFuture

  var headerList: UnsafeMutablePointer<curl_slist>?
  let errorText: UnsafeMutablePointer<CChar>

  /// Nil if libcurl has no memory for a handle.
  init?(id: UInt64, request: PreparedRequest, exchange: Exchange, proxy: String?, now: NIODeadline) {
    guard let easy = curl_easy_init() else { return nil }
    self.easy = easy
    self.id = id
    self.request = request
    self.exchange = exchange
    self.proxy = proxy
    reader = HeadReader(limitBytes: request.source.maxHeaderBytes)
    (started, lastByte) = (now, now)
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headerList)
    errorText.deallocate()
  }

  var isConnecting: Bool { writtenRequests == 0 }

  /// What libcurl was doing, if it ran out of time now.
  var phase: EgressError.TimeoutPhase {
    if isConnecting { return .connecting }
    return reader.isComplete ? .receivingBody : .waitingForAnswer
  }

  /// The next time at which this transfer may have to be stopped, and what it would then have waited for.
  var due: (at: NIODeadline, phase: EgressError.TimeoutPhase) {
    var due = (at: request.source.deadline ?? .distantFuture, phase: phase)
    if isConnecting, started + request.source.connectTimeout < due.at { due.at = started + request.source.connectTimeout }
    if let idle = request.source.idleTimeout, !isPaused, lastByte + idle < due.at { due = (lastByte + idle, .idle) }
    return due
  }

  /// Forgets an attempt in which nothing was sent.
  func resetAttempt() {
    (openedSockets, writtenRequests, isFreshAttempt) = (0, 0, true)
    (failure, refusal) = (nil, nil)
    reader = HeadReader(limitBytes: request.source.maxHeaderBytes)
  }

  /// The transfer behind a callback's pointer.
  static func of(_ pointer: UnsafeMutableRawPointer?) -> Transfer? {
    pointer.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }
}
