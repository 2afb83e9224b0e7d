internal import CCurl
internal import NIOCore

extension Transfer {
  /// Tells libcurl everything about the request. False if it does not accept something.
  func configure(_ settings: EgressSettings) -> Bool {
    setCallbacks() && setConnection(settings) && setRequest() && setTLS()
  }

  private func setConnection(_ settings: EgressSettings) -> Bool {
    let target = request.target
    return [
      ccurl_set_string(easy, CURLOPT_URL, target.url),
      ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https"),
      ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText),
      ccurl_set_string(easy, CURLOPT_PROXY, proxy ?? ""),
      ccurl_set_string(easy, CURLOPT_NOPROXY, ""),
      ccurl_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1),
      ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1),
      // A transfer that ends while its name is being resolved leaves the resolving thread behind instead of waiting for it.
      ccurl_set_long(easy, CURLOPT_QUICK_EXIT, 1),
      ccurl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0),
      ccurl_set_long(easy, CURLOPT_TCP_NODELAY, 1),
      ccurl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1),
      ccurl_set_long(easy, CURLOPT_TCP_KEEPIDLE, 60),
      ccurl_set_long(easy, CURLOPT_TCP_KEEPINTVL, 15),
      // libcurl divides this among a host's addresses; the loop keeps the time of the whole.
      ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request.source.connectTimeout)),
      ccurl_set_long(easy, CURLOPT_MAXAGE_CONN, max(1, milliseconds(settings.maxConnectionIdleTime) / 1000)),
      ccurl_set_long(easy, CURLOPT_HTTP_VERSION, httpVersion),
      // Where the server may speak HTTP/2, a burst of requests waits for the first connection instead of opening one each.
      ccurl_set_long(easy, CURLOPT_PIPEWAIT, mayMultiplex ? 1 : 0),
      ccurl_set_long(easy, CURLOPT_FRESH_CONNECT, needsOwnConnection ? 1 : 0),
      ccurl_set_long(easy, CURLOPT_FORBID_REUSE, needsOwnConnection ? 1 : 0),
    ].allSatisfy { $0 == CURLE_OK }
  }

  private var httpVersion: Int {
    switch request.source.httpVersion {
    case .http1: Int(CURL_HTTP_VERSION_1_1)
    case .automatic where !LibcurlInfo.sharesHTTP2Connections: Int(CURL_HTTP_VERSION_1_1)
    case .http2 where !request.target.isTLS: Int(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE)
    case .automatic, .http2: Int(CURL_HTTP_VERSION_2TLS)
    }
  }

  private var mayMultiplex: Bool {
    LibcurlInfo.sharesHTTP2Connections
      && (request.target.isTLS ? request.source.httpVersion != .http1 : request.source.httpVersion == .http2)
  }

  private var needsOwnConnection: Bool {
    request.source.httpVersion == .http2 && !LibcurlInfo.sharesHTTP2Connections
  }

  private func setRequest() -> Bool {
    for line in request.headerLines {
      guard let list = curl_slist_append(headerList, line) else { return false }
      headerList = list
    }
    var codes = [
      ccurl_set_list(easy, CURLOPT_HTTPHEADER, headerList),
      ccurl_set_long(easy, CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE)),
    ]
    if let body = request.body ?? (request.method == "POST" ? [] : nil) {
      codes.append(ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
      codes.append(copyBody(body))
    } else {
      codes.append(ccurl_set_long(easy, request.method == "HEAD" ? CURLOPT_NOBODY : CURLOPT_HTTPGET, 1))
    }
    codes.append(ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method))
    return codes.allSatisfy { $0 == CURLE_OK }
  }

  private func copyBody(_ body: [UInt8]) -> CURLcode {
    body.withUnsafeBytes { bytes in
      // With no byte to copy libcurl still wants an address.
      withUnsafePointer(to: UInt8(0)) { nothing in
        ccurl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress ?? UnsafeRawPointer(nothing)))
      }
    }
  }

  private func setTLS() -> Bool {
    let profile = request.tls
    let trustsSystem = profile.authoritiesFile == nil && profile.authoritiesDirectory == nil
    var codes = [
      ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1),
      ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2),
      ccurl_set_long(
        easy, CURLOPT_SSLVERSION,
        profile.minimumVersion == .tls13 ? Int(CURL_SSLVERSION_TLSv1_3) : Int(CURL_SSLVERSION_TLSv1_2)),
      // Without a directory libcurl keeps the file's certificates parsed. Five minutes, so that a renewed file counts soon.
      ccurl_set_string(easy, CURLOPT_CAINFO, trustsSystem ? LibcurlInfo.systemAuthoritiesFile : profile.authoritiesFile),
      ccurl_set_string(
        easy, CURLOPT_CAPATH,
        trustsSystem && LibcurlInfo.systemAuthoritiesFile == nil ? LibcurlInfo.systemAuthoritiesDirectory : profile.authoritiesDirectory),
      ccurl_set_long(easy, CURLOPT_CA_CACHE_TIMEOUT, 300),
    ]
    if let certificate = profile.certificateFile {
      codes.append(ccurl_set_string(easy, CURLOPT_SSLCERT, certificate))
      codes.append(ccurl_set_string(easy, CURLOPT_SSLKEY, profile.keyFile ?? certificate))
    }
    return codes.allSatisfy { $0 == CURLE_OK }
  }

  private func milliseconds(_ time: TimeAmount) -> Int {
    Int(max(1, time.nanoseconds / 1_000_000))
  }
}
