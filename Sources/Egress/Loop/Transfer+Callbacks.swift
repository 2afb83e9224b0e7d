internal import CCurl
internal import Glibc
internal import NIOCore

/// What libcurl calls while the loop performs. Nothing here calls back into the multi handle.
extension Transfer {
  func setCallbacks() -> Bool {
    let this = Unmanaged.passUnretained(self).toOpaque()
    return [
      ccurl_set_data_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, _, count, this in
        Transfer.of(this)?.takeHeaderLine(UnsafeRawBufferPointer(start: bytes, count: count)) ?? 0
      },
      ccurl_set_data_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, _, count, this in
        Transfer.of(this)?.takeBody(UnsafeRawBufferPointer(start: bytes, count: count)) ?? Int(CURL_WRITEFUNC_ERROR)
      },
      ccurl_set_open_socket_callback(easy) { this, _, address in
        address.flatMap { Transfer.of(this)?.openSocket($0) } ?? CURL_SOCKET_BAD
      },
      ccurl_set_before_request_callback(easy) { this, peer, _, port, _ in
        Transfer.of(this)?.mayWriteRequest(peer: peer, port: Int(port)) == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
      },
      ccurl_set_pointer(easy, CURLOPT_HEADERDATA, this),
      ccurl_set_pointer(easy, CURLOPT_WRITEDATA, this),
      ccurl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, this),
      ccurl_set_pointer(easy, CURLOPT_PREREQDATA, this),
      ccurl_set_pointer(easy, CURLOPT_PRIVATE, this),
    ].allSatisfy { $0 == CURLE_OK }
  }

  /// The count of bytes taken; any other makes libcurl give up.
  private func takeHeaderLine(_ line: UnsafeRawBufferPointer) -> Int {
    lastByte = .now()
    do throws(EgressError) {
      if var head = try reader.take(line) {
        head.usedPooledConnection = openedSockets == 0
        exchange.begin(head)
      }
      return line.count
    } catch {
      failure = error
      return line.isEmpty ? 1 : 0
    }
  }

  private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
    lastByte = .now()
    guard bytes.count <= request.source.maxResponseBytes - bodyBytes else {
      failure = .tooLarge(.body, limitBytes: request.source.maxResponseBytes)
      return Int(CURL_WRITEFUNC_ERROR)
    }
    switch exchange.append(bytes) {
    case .taken:
      bodyBytes += bytes.count
      return bytes.count
    case .paused:
      isPaused = true
      return Int(CURL_WRITEFUNC_PAUSE)
    case .abandoned:
      failure = .cancelled
      return Int(CURL_WRITEFUNC_ERROR)
    }
  }

  /// Runs for each address that libcurl is about to connect to, after the name has been resolved. A proxy's address is the operator's own.
  private func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    let resolved = withUnsafePointer(to: &address.pointee.addr) { IPAddress.read($0, length: Int(address.pointee.addrlen)) }
    guard let resolved else { return CURL_SOCKET_BAD }
    if proxy == nil, refuse(resolved.address, port: resolved.port) { return CURL_SOCKET_BAD }
    let descriptor = socket(address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol)
    if descriptor >= 0 { openedSockets += 1 }
    return descriptor
  }

  /// Runs when there is a connection, before the request is written to it: also where it has been taken from the pool, perhaps after a request under
  /// another policy opened it, and where libcurl wants to send the request once more because a pooled connection was dead.
  private func mayWriteRequest(peer: UnsafePointer<CChar>?, port: Int) -> Bool {
    if proxy == nil {
      guard let address = peer.flatMap({ IPAddress(String(cString: $0)) }) else {
        failure = .failed("libcurl does not name the connection's peer")
        return false
      }
      if refuse(address, port: port) {
        failure = refusal
        return false
      }
    }
    if writtenRequests > 0, !request.mayBeResent {
      failure = .connectionLost(answerBegun: false)
      return false
    }
    writtenRequests += 1
    return true
  }

  private func refuse(_ address: IPAddress, port: Int) -> Bool {
    let host = request.target.host
    guard let refused = request.addresses.refusedClass(of: address, port: port, host: host) else { return false }
    if refusal == nil { refusal = .refusedAddress(host: host, port: port, address: address.description, addressClass: refused) }
    return true
  }
}
