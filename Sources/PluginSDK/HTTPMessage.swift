internal import PluginABI

/// A request that the host sends for the plugin.
public struct HTTPRequest: Sendable {
  public var method: String
  /// Absolute, http or https, percent-encoded, without user name and password. The binding's `egress` decides whether it may be reached.
  public var url: String
  /// In order. `Host`, `Content-Length` and what belongs to the connection are the host's.
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]
  /// When the whole answer must have arrived. Nil: when the call that is being served ends; the host never waits longer than that.
  public var deadline: MonotonicTime?
  /// A longer body is an error. Nil: the host's limit, which is also the most.
  public var maxResponseBytes: Int?
  /// A TLS profile of the binding's `egress`; empty = the system's authorities.
  public var tlsProfile: String
  public var options: HTTPOptions

  public init(
    _ method: String = "GET", _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
    deadline: MonotonicTime? = nil, maxResponseBytes: Int? = nil, tlsProfile: String = "", options: HTTPOptions = []
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.deadline = deadline
    self.maxResponseBytes = maxResponseBytes
    self.tlsProfile = tlsProfile
    self.options = options
  }
}

/// `SMG_HTTP_*`.
public struct HTTPOptions: OptionSet, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// HTTP/2; over plain http with prior knowledge, as gRPC asks for. Without it the host chooses.
  public static let http2 = Self(rawValue: SMG_HTTP_2)
  /// Make no span for it (telemetry exporters).
  public static let untraced = Self(rawValue: SMG_HTTP_NO_TRACE)
}

/// A whole answer, of whatever status. Redirects are not followed, and nothing is decoded.
public struct HTTPResponse: Sendable {
  /// The status code, e.g. 200.
  public var status: Int
  /// Names in lower case, repeats kept, in order.
  public var headers: [(name: String, value: String)]
  public var trailers: [(name: String, value: String)]
  public var body: [UInt8]

  public init(
    status: Int, headers: [(name: String, value: String)] = [], trailers: [(name: String, value: String)] = [], body: [UInt8] = []
  ) {
    self.status = status
    self.headers = headers
    self.trailers = trailers
    self.body = body
  }

  /// The first header of this name, which is given in lower case.
  public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

extension HTTPRequest {
  /// The request as C sees it, for the time of `body`.
  func withABI<Result>(call: smg_call, _ run: (UnsafePointer<smg_http_request>) -> Result) -> Result {
    var arena = Arena()
    let (method, url, profile) = (arena.add(method), arena.add(url), arena.add(tlsProfile))
    let fields = headers.map { (arena.add($0.name), arena.add($0.value)) }
    return arena.withBase { base in
      let pairs = fields.map { smg_kv(key: base[$0.0], value: base[$0.1]) }
      return pairs.withUnsafeBufferPointer { pairs in
        body.withUnsafeBufferPointer { body in
          let request = smg_http_request(
            size: UInt32(MemoryLayout<smg_http_request>.size), flags: options.rawValue, method: base[method], url: base[url],
            body: smg_bytes(ptr: body.baseAddress, len: body.count), headers: smg_kvs(ptr: pairs.baseAddress, len: pairs.count),
            call: call, tls_profile: base[profile], deadline_ns: deadline?.abiValue ?? 0,
            max_response_bytes: UInt64(clamping: maxResponseBytes ?? 0))
          return withUnsafePointer(to: request, run)
        }
      }
    }
  }
}

extension HTTPResponse {
  /// A copy of an answer that arrived.
  init(_ raw: smg_http_response) {
    func copy(_ pairs: smg_kvs) -> [(name: String, value: String)] {
      UnsafeBufferPointer(start: pairs.ptr, count: pairs.ptr == nil ? 0 : max(0, pairs.len)).map { ($0.key.text, $0.value.text) }
    }
    self.init(
      status: Int(raw.code), headers: copy(raw.headers), trailers: copy(raw.trailers),
      body: Array(UnsafeBufferPointer(start: raw.body.ptr, count: raw.body.ptr == nil ? 0 : max(0, raw.body.len))))
  }
}

extension smg_bytes {
  fileprivate var text: String {
    String(decoding: UnsafeBufferPointer(start: ptr, count: ptr == nil ? 0 : max(0, len)), as: UTF8.self)
  }
}
