package import JSON

/// What a 2026-07-28 request says about itself and its sender, once headers and body agree.
package struct ModernEnvelope: Sendable {
  /// Why a request is refused: the HTTP status and the error object that goes with it.
  package struct Failure: Error, Sendable, Equatable {
    package let httpStatus: Int
    package let error: RPCError

    init(_ error: RPCError) {
      httpStatus = error.modernHTTPStatus
      self.error = error
    }
  }

  package let revision: Revision
  /// An object `{name, version, …}`. Self-reported: for display only.
  package let clientInfo: RawJSON?
  /// An object. What the client can do for this one request.
  package let clientCapabilities: RawJSON
  /// Log messages at or above this level may be sent while the request runs; none if nil.
  package let logLevel: LoggingLevel?
  package let progressToken: RequestID?

  /// Checks what a client POSTs: the envelope of a request, or nil for a notification, which is acknowledged with 202 and dropped.
  /// Answers are not accepted in this revision. `headers` is nil on transports that have none (stdio).
  package static func check(
    _ message: Message, headers: RoutingHeaders?, supported: [Revision] = Revision.modern
  ) throws(Failure) -> ModernEnvelope? {
    switch message {
    case .request(let request): return try ModernEnvelope(request, headers: headers, supported: supported)
    case .response: throw Failure(.invalidRequest("only a request or a notification may be sent here"))
    case .notification:
      if let headers { try checkNotification(headers, supported) }
      return nil
    }
  }

  /// The first failure is reported, in this order: no doubled routing header → `_meta` complete → headers equal to the body → version
  /// supported → the optional members of `_meta` well-formed.
  package init(_ request: Request, headers: RoutingHeaders?, supported: [Revision] = Revision.modern) throws(Failure) {
    try Self.refuseDuplicate(headers)
    let meta = try Self.meta(of: request)
    let (version, capabilities) = try Self.required(in: meta)
    if let headers { try Self.compare(headers, with: request, version: version) }
    revision = try Self.supported(version, supported)
    clientCapabilities = capabilities
    clientInfo = try Self.object(MetaKey.clientInfo, in: meta)
    logLevel = try Self.logLevel(in: meta)
    progressToken = try Self.progressToken(in: meta)
  }

  /// A notification needs no `_meta`; only the version that brought it here is checked.
  private static func checkNotification(_ headers: RoutingHeaders, _ supported: [Revision]) throws(Failure) {
    try refuseDuplicate(headers)
    let requested = headers.version ?? ""
    guard supported.contains(where: { $0.rawValue == requested }) else {
      throw Failure(.unsupportedVersion(requested: requested, supported: supported))
    }
  }

  private static func refuseDuplicate(_ headers: RoutingHeaders?) throws(Failure) {
    if let duplicate = headers?.duplicate { throw Failure(.headerMismatch("\(duplicate) header appears more than once")) }
  }

  // MARK: _meta

  private static func meta(of request: Request) throws(Failure) -> RawJSON {
    guard let meta = request.meta, meta.kind == .object else {
      throw Failure(.invalidParams("params._meta must be an object with \(MetaKey.protocolVersion) and \(MetaKey.clientCapabilities)"))
    }
    return meta
  }

  private static func required(in meta: RawJSON) throws(Failure) -> (version: RawJSON, capabilities: RawJSON) {
    guard let version = meta[MetaKey.protocolVersion] else {
      throw Failure(.invalidParams("params._meta lacks \(MetaKey.protocolVersion)"))
    }
    guard let capabilities = meta[MetaKey.clientCapabilities] else {
      throw Failure(.invalidParams("params._meta lacks \(MetaKey.clientCapabilities)"))
    }
    guard capabilities.kind == .object else { throw Failure(.invalidParams("\(MetaKey.clientCapabilities) must be an object")) }
    return (version, capabilities)
  }

  private static func supported(_ version: RawJSON, _ supported: [Revision]) throws(Failure) -> Revision {
    guard let requested = version.stringValue else { throw Failure(.invalidParams("\(MetaKey.protocolVersion) must be a string")) }
    guard let revision = supported.first(where: { $0.rawValue == requested }) else {
      throw Failure(.unsupportedVersion(requested: requested, supported: supported))
    }
    return revision
  }

  private static func object(_ key: String, in meta: RawJSON) throws(Failure) -> RawJSON? {
    guard let value = meta[key] else { return nil }
    guard value.kind == .object else { throw Failure(.invalidParams("\(key) must be an object")) }
    return value
  }

  private static func logLevel(in meta: RawJSON) throws(Failure) -> LoggingLevel? {
    guard let value = meta[MetaKey.logLevel] else { return nil }
    guard let level = value.stringValue.flatMap({ LoggingLevel(rawValue: $0) }) else {
      throw Failure(.invalidParams("\(MetaKey.logLevel) must be a logging level"))
    }
    return level
  }

  private static func progressToken(in meta: RawJSON) throws(Failure) -> RequestID? {
    guard let value = meta[MetaKey.progressToken] else { return nil }
    guard let token = RequestID(value) else { throw Failure(.invalidParams("progressToken must be a string or an integer")) }
    return token
  }

  // MARK: Headers

  private static func compare(_ headers: RoutingHeaders, with request: Request, version: RawJSON) throws(Failure) {
    guard isSame(headers.version, version.stringValue) else {
      throw Failure(.headerMismatch("MCP-Protocol-Version header does not match the version in params._meta"))
    }
    guard isSame(headers.method, request.method) else {
      throw Failure(.headerMismatch("Mcp-Method header does not match the method of the body"))
    }
    guard let key = RoutingHeaders.nameParameter(of: request.method), let name = request.params?[key]?.stringValue else { return }
    guard isSame(headers.name.flatMap(HeaderText.decode), name) else {
      throw Failure(.headerMismatch("Mcp-Name header does not match params.\(key)"))
    }
  }

  /// Byte for byte: `String` equality would hold texts equal that differ in Unicode normalisation only.
  private static func isSame(_ header: String?, _ body: String?) -> Bool {
    guard let header, let body else { return false }
    return header.utf8.elementsEqual(body.utf8)
  }
}
