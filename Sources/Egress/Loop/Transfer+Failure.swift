internal import CCurl

extension Transfer {
  /// What libcurl's result means; nil if the whole answer arrived.
  func failure(of code: CURLcode) -> EgressError? {
    if code == CURLE_OK { return nil }
    if let failure { return failure }
    if isAboutSecondAttempt(code) { return .connectionLost(answerBegun: false) }
    if let refusal, openedSockets == 0 { return refusal }
    if let refused = proxyRefusal { return refused }
    let host = request.target.host
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST: return .cannotResolve(host: host)
    case CURLE_COULDNT_RESOLVE_PROXY: return .proxy(reason: "its name cannot be resolved")
    case CURLE_COULDNT_CONNECT:
      return proxy == nil ? .cannotConnect(host: host, reason: reason(code)) : .proxy(reason: "it cannot be reached")
    case CURLE_OPERATION_TIMEDOUT: return .timedOut(phase)
    case CURLE_PROXY: return .proxy(reason: reason(code))
    case CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_UNSUPPORTED_PROTOCOL:
      return .protocolError(reason(code))
    case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR: return connectionFailure(code)
    default: return Self.tlsCodes.contains(code.rawValue) ? .tls(host: host, reason: reason(code)) : .failed(reason(code))
    }
  }

  /// libcurl wanted to send the request once more, because the pooled connection on which it was written ended, and found no other connection.
  /// What it says of that does not tell what became of the request.
  private func isAboutSecondAttempt(_ code: CURLcode) -> Bool {
    guard !isConnecting, !reader.isComplete else { return false }
    return Self.connectCodes.contains(code.rawValue) || Self.tlsCodes.contains(code.rawValue)
  }

  private static let connectCodes: Set<UInt32> = Set(
    [CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_PROXY].map(\.rawValue))

  private static let tlsCodes: Set<UInt32> = Set(
    [
      CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_INVALIDCERTSTATUS,
      CURLE_SSL_PINNEDPUBKEYNOTMATCH,
      CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED,
    ].map(\.rawValue))

  private var proxyRefusal: EgressError? {
    var status = 0
    guard proxy != nil, isConnecting, ccurl_get_long(easy, CURLINFO_HTTP_CONNECTCODE, &status) == CURLE_OK, status >= 300 else {
      return nil
    }
    return .proxy(reason: "it answered CONNECT with status \(status)")
  }

  private func connectionFailure(_ code: CURLcode) -> EgressError {
    let reason = reason(code)
    // TLS 1.3 servers refuse a client's certificate after the handshake, with an alert.
    if reason.contains("alert") { return .tls(host: request.target.host, reason: reason) }
    return isConnecting ? .cannotConnect(host: request.target.host, reason: reason) : .connectionLost(answerBegun: reader.isComplete)
  }

  /// libcurl's sentence; of what is not printable ASCII nothing, and not more than a line.
  private func reason(_ code: CURLcode) -> String {
    let detail = String(cString: errorText)
    let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
    return String(decoding: text.utf8.filter { (0x20...0x7e).contains($0) }.prefix(200), as: UTF8.self)
  }
}
