internal import CCurl

/// All HTTP that leaves the gateway: to upstream servers, authorization servers, and on behalf of plugins. One libcurl multi handle on a thread of its
/// own, with one pool of connections; which addresses a request may reach is judged when it connects, and again when it takes a pooled connection.
package final class EgressClient: Sendable {
  private let settings: EgressSettings
  private let mailbox: Mailbox
  private let hasEnded = Gate()

  /// - Throws: `failed` if libcurl or the thread cannot be started.
  package init(_ settings: EgressSettings = EgressSettings()) throws(EgressError) {
    guard LibcurlInfo.isReady, let multi = curl_multi_init() else { throw .failed("libcurl cannot be initialized") }
    guard let poller = Poller() else {
      curl_multi_cleanup(multi)
      throw .failed("no descriptors are left")
    }
    self.settings = settings
    mailbox = Mailbox(maxTransfers: settings.maxTransfers)
    _ = ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, settings.maxConnectionsPerHost)
    _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.maxPooledConnections)
    mailbox.open(Mailbox.Waker(descriptor: poller.wakingDescriptor))
    // From here on the loop's thread alone uses the two.
    nonisolated(unsafe) let (handle, sockets) = (multi, poller)
    let started = OSThread.start(name: "egress") { [mailbox, settings, hasEnded] in
      TransferLoop(multi: handle, poller: sockets, mailbox: mailbox, settings: settings).run()
      hasEnded.open()
    }
    guard started else {
      _ = mailbox.finish()
      curl_multi_cleanup(multi)
      throw .failed("no thread can be started")
    }
  }

  deinit { mailbox.close() }

  /// Whether requests over HTTP/2 share connections with the libcurl that is installed.
  package static var sharesHTTP2Connections: Bool { LibcurlInfo.sharesHTTP2Connections }

  /// Requests that are under way, those included whose bodies are still arriving.
  package var activeTransfers: Int { mailbox.transfers }

  /// Sends `request` and returns when the head of the answer is there, whatever its status. Cancelling the task breaks the transfer off.
  package func send(_ request: EgressRequest) async throws(EgressError) -> EgressResponse {
    var prepared = try PreparedRequest(request, settings: settings)
    var hops = 0
    while true {
      let response = try await exchange(prepared)
      guard let location = try Redirect.location(of: response, request.redirects, hops: hops) else { return response }
      try Redirect.follow(location, status: response.status, &prepared)
      await Redirect.drain(response.body)
      hops += 1
    }
  }

  private func exchange(_ request: PreparedRequest) async throws(EgressError) -> EgressResponse {
    try request.checkLiteralAddress()
    let exchange = Exchange(id: try mailbox.admit(), mailbox: mailbox, bufferBytes: settings.bodyBufferBytes)
    return EgressResponse(try await exchange.start(request), body: EgressBody(exchange))
  }

  /// Ends every transfer with `shuttingDown`, closes the connections and the thread, and returns when that is done. May be called more than once.
  package func shutdown() async {
    mailbox.close()
    await hasEnded.wait()
  }
}
