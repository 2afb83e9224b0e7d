internal import CCurl
internal import NIOCore

/// All transfers of a client, on a thread of their own around one multi handle, whose sockets and timer it serves.
final class TransferLoop {
  private let multi: UnsafeMutableRawPointer
  private let poller: Poller
  private let mailbox: Mailbox
  private let settings: EgressSettings
  private var transfers: [UInt64: Transfer] = [:]
  private var deadlines = DeadlineQueue()
  /// When libcurl wants to be called even if no socket is ready.
  private var libcurlTimer = NIODeadline.distantFuture

  init(multi: UnsafeMutableRawPointer, poller: Poller, mailbox: Mailbox, settings: EgressSettings) {
    self.multi = multi
    self.poller = poller
    self.mailbox = mailbox
    self.settings = settings
  }

  /// Until the mailbox is closed. Cleans the multi handle up.
  func run() {
    setCallbacks()
    while true {
      let (commands, isClosing) = mailbox.take()
      commands.forEach(obey)
      if isClosing { break }
      if libcurlTimer <= .now() {
        libcurlTimer = .distantFuture
        act(CURL_SOCKET_TIMEOUT, 0)
      }
      endFinished()
      endOverdue()
      poller.wait(milliseconds: waitMilliseconds()) { ready in
        act(
          ready.descriptor,
          (ready.isReadable ? CURL_CSELECT_IN : 0) | (ready.isWritable ? CURL_CSELECT_OUT : 0) | (ready.isBroken ? CURL_CSELECT_ERR : 0))
      }
      endFinished()
    }
    mailbox.finish().forEach(obey)
    for transfer in Array(transfers.values) { end(transfer, .shuttingDown) }
    curl_multi_cleanup(multi)
  }

  // MARK: libcurl

  private func setCallbacks() {
    let this = Unmanaged.passUnretained(self).toOpaque()
    check(
      ccurl_multi_set_socket_callback(
        multi,
        { _, descriptor, what, this, _ in
          guard let this else { return -1 }
          return Unmanaged<TransferLoop>.fromOpaque(this).takeUnretainedValue().watch(descriptor, what) ? 0 : -1
        }, this))
    check(
      ccurl_multi_set_timer_callback(
        multi,
        { _, milliseconds, this in
          guard let this else { return -1 }
          Unmanaged<TransferLoop>.fromOpaque(this).takeUnretainedValue().setTimer(milliseconds)
          return 0
        }, this))
  }

  private func watch(_ descriptor: Int32, _ what: Int32) -> Bool {
    let isWatched = poller.watch(
      descriptor, reading: what == CURL_POLL_IN || what == CURL_POLL_INOUT, writing: what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
    // A socket that is closed already needs not be removed.
    return isWatched || what == CURL_POLL_REMOVE
  }

  private func setTimer(_ milliseconds: Int) {
    libcurlTimer = milliseconds < 0 ? .distantFuture : .now() + .milliseconds(Int64(milliseconds))
  }

  private func act(_ descriptor: Int32, _ events: Int32) {
    var running: Int32 = 0
    check(curl_multi_socket_action(multi, descriptor, events, &running))
  }

  // MARK: Commands

  private func obey(_ command: Mailbox.Command) {
    switch command {
    case .start(let id, let request, let exchange): start(id, request, exchange)
    case .resume(let id): resume(id)
    case .abort(let id): transfers[id].map { end($0, .cancelled) }
    }
  }

  private func start(_ id: UInt64, _ request: PreparedRequest, _ exchange: Exchange) {
    guard !exchange.hasEnded else { return mailbox.release() }
    let proxy = settings.proxy.proxy(for: request.target)
    guard let transfer = Transfer(id: id, request: request, exchange: exchange, proxy: proxy, now: .now()), transfer.configure(settings),
      curl_multi_add_handle(multi, transfer.easy) == CURLM_OK
    else {
      mailbox.release()
      return exchange.end(.failed("libcurl cannot start a transfer"))
    }
    transfers[id] = transfer
    arm(transfer)
  }

  private func resume(_ id: UInt64) {
    guard let transfer = transfers[id] else { return }
    transfer.isPaused = false
    transfer.lastByte = .now()
    // May offer the bytes that were held back at once, and so pause again.
    if curl_easy_pause(transfer.easy, CURLPAUSE_CONT) != CURLE_OK, transfer.failure == nil {
      transfer.failure = .failed("libcurl cannot resume a transfer")
    }
    if let failure = transfer.failure { end(transfer, failure) } else { arm(transfer) }
  }

  // MARK: Ends

  private func endFinished() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      var pointer: UnsafeMutableRawPointer?
      guard message.pointee.msg == CURLMSG_DONE, ccurl_get_private(message.pointee.easy_handle, &pointer) == CURLE_OK,
        let transfer = Transfer.of(pointer)
      else { continue }
      let failure = transfer.failure(of: message.pointee.data.result)
      if failure == nil || !retriesOnFreshConnection(transfer) { end(transfer, failure) }
    }
  }

  /// The policy refused a pooled connection, which another policy had allowed: the name may have addresses that this one allows.
  private func retriesOnFreshConnection(_ transfer: Transfer) -> Bool {
    guard transfer.refusal != nil, transfer.openedSockets == 0, transfer.isConnecting, !transfer.isFreshAttempt,
      transfer.failure == transfer.refusal
    else { return false }
    transfer.resetAttempt()
    return curl_multi_remove_handle(multi, transfer.easy) == CURLM_OK
      && ccurl_set_long(transfer.easy, CURLOPT_FRESH_CONNECT, 1) == CURLE_OK && curl_multi_add_handle(multi, transfer.easy) == CURLM_OK
  }

  private func endOverdue() {
    let now = NIODeadline.now()
    while let entry = deadlines.popDue(now) {
      guard let transfer = transfers[entry.id], transfer.armed == entry.at else { continue }
      transfer.armed = .distantFuture
      let due = transfer.due
      if due.at <= now { end(transfer, .timedOut(due.phase)) } else { arm(transfer) }
    }
  }

  private func end(_ transfer: Transfer, _ failure: EgressError?) {
    guard transfers.removeValue(forKey: transfer.id) != nil else { return }
    // Fails only for a handle that is not in it.
    _ = curl_multi_remove_handle(multi, transfer.easy)
    mailbox.release()
    transfer.exchange.end(failure, trailers: transfer.reader.trailers)
  }

  // MARK: Time

  private func arm(_ transfer: Transfer) {
    let due = transfer.due.at
    guard due < transfer.armed else { return }
    transfer.armed = due
    deadlines.insert(transfer.id, at: due)
  }

  private func waitMilliseconds() -> Int32 {
    let next = min(deadlines.next ?? .distantFuture, libcurlTimer)
    let left = next - .now()
    return left <= .zero ? 0 : Int32(min(60_000, left.nanoseconds / 1_000_000 + 1))
  }

  /// A multi handle that fails as a whole fails its transfers; the pause keeps a lasting failure from taking a core.
  private func check(_ code: CURLMcode) {
    guard code != CURLM_OK else { return }
    for transfer in Array(transfers.values) { end(transfer, .failed("libcurl: " + String(cString: curl_multi_strerror(code)))) }
    OSThread.sleep(milliseconds: 10)
  }
}
