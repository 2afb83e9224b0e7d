package import PluginABI
public import PluginSDK
package import Synchronization

/// The host's side of the ABI for one instance, with everything that the plugin did written down. Nothing here waits, and there is no network: `service` answers
/// requests.
public final class FakeHost: @unchecked Sendable {
  package struct Completion: Sendable {
    package var call: smg_call
    package var status: smg_status
    package var message: String
    package var value: Value
    package var retryAfterMilliseconds: UInt32
  }

  package enum Value: Sendable {
    case none
    case verdict(Found)
    case identity(Identity)
    case document(ConfigDocument)
    case refusal(code: String, challenge: String)
  }

  /// A verdict, copied.
  public struct Found: Sendable {
    public struct Violation: Sendable, Equatable {
      public var category, code, message, evidence: String
      public var score: Double
      /// Index of the text; 0xFFFFFFFF: the message as a whole.
      public var segment: UInt32
      /// Byte offsets in that text.
      public var start, end: UInt64

      public init(
        category: String, code: String, message: String, evidence: String, score: Double, segment: UInt32, start: UInt64, end: UInt64
      ) {
        self.category = category
        self.code = code
        self.message = message
        self.evidence = evidence
        self.score = score
        self.segment = segment
        self.start = start
        self.end = end
      }
    }
    /// 0 allow, 1 block, 2 transform.
    public var action: UInt32
    public var violations: [Violation]
    public var replacements: [(segment: UInt32, text: String)]
    public var callState, sessionState, metadata: String

    public var isAllowed: Bool { action == SMG_ALLOW }
    public var isBlocked: Bool { action == SMG_BLOCK }
  }

  /// A request that the plugin sent, copied.
  public struct Sent: Sendable {
    public var method, url, body, tlsProfile: String
    public var headers: [String: String]
    package var flags: UInt32
    package var call: smg_call
    package var deadline, maxResponseBytes: UInt64
    let done: @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<smg_http_response>) -> Void
    let argument: UInt
  }

  /// What a scripted service says.
  public struct Reply: Sendable {
    /// Of HTTP.
    public var code: UInt32
    public var headers: [(String, String)]
    public var body: String
    /// Not 0 (`SMG_OK`): there is no answer, and `body` says why.
    public var status: Int32

    public init(code: UInt32 = 200, headers: [(String, String)] = [], body: String = "", status: Int32 = 0) {
      self.code = code
      self.headers = headers
      self.body = body
      self.status = status
    }
  }

  package struct State {
    /// Answers each request at once; nil: the test answers.
    package var service: (@Sendable (Sent) -> Reply)?
    /// Every request that was started, in order.
    package var sent: [Sent] = []
    package var completions: [Completion] = []
    package var logs: [(level: UInt32, message: String, fields: [String: String])] = []
    package var metrics: [(kind: UInt32, name: String, value: Double, labels: [String: String])] = []
    package var timers: [UInt64: (fire: @convention(c) (UnsafeMutableRawPointer?, smg_status) -> Void, argument: UInt)] = [:]
    package var nextTimer: UInt64 = 1
    /// Requests that have been started and not answered.
    package var requests: [UInt64: Sent] = [:]
    package var nextRequest: UInt64 = 1
    /// What `start` of the HTTP service answers.
    package var httpStatus = SMG_OK
    package var keys: [String: KeyRecord] = [:]
    package var directoryStatus: smg_status?
    /// Calls of `fetch_config`.
    package var fetches: Set<smg_call> = []
  }

  package enum Result: Sendable { case verdict, identity, nothing }

  package let state = Mutex(State())
  /// What a completion with SMG_OK carries; the test says which op it calls.
  private let expected: Mutex<Result>
  package var expects: Result {
    get { expected.withLock { $0 } }
    set { expected.withLock { $0 = newValue } }
  }
  private let memory = Memory()
  package private(set) var table: UnsafeMutablePointer<smg_host>
  private let metricsTable: UnsafePointer<smg_host_metrics>
  private let timer: UnsafePointer<smg_host_timer>
  private let directory: UnsafePointer<smg_host_directory>
  private let http: UnsafePointer<smg_host_http>
  private let offered: Set<String>

  /// - Parameter offered: ids of the services that it has; nil: all.
  public convenience init(offered: Set<String>? = nil) {
    self.init(expects: .nothing, offered: offered ?? [SMG_HOST_METRICS, SMG_HOST_TIMER, SMG_HOST_DIRECTORY, SMG_HOST_HTTP])
  }

  package init(expects: Result, offered: Set<String> = [SMG_HOST_METRICS, SMG_HOST_TIMER, SMG_HOST_DIRECTORY, SMG_HOST_HTTP]) {
    expected = Mutex(expects)
    self.offered = offered
    table = memory.array([
      smg_host(
        size: UInt32(MemoryLayout<smg_host>.size), abi_minor: SMG_ABI_MINOR, ctx: UnsafeMutableRawPointer(memory.array([UInt8(0)])),
        complete: { FakeHost.at($0).complete($1, $2.pointee) },
        log: { FakeHost.at($0).log($1, $2, $3) },
        get_interface: { FakeHost.at($0).interface(String(cString: $1)) })
    ])
    metricsTable = memory.one(
      smg_host_metrics(size: UInt32(MemoryLayout<smg_host_metrics>.size), flags: 0) { FakeHost.at($0).record($1, $2, $4, $5) })
    timer = memory.one(
      smg_host_timer(
        size: UInt32(MemoryLayout<smg_host_timer>.size), flags: 0, after: { FakeHost.at($0).after($2, $3, $4) },
        cancel: { FakeHost.at($0).fire($1, SMG_E_CANCELLED) ? SMG_OK : SMG_E_STALE }))
    directory = memory.one(
      smg_host_directory(size: UInt32(MemoryLayout<smg_host_directory>.size), flags: 0) { FakeHost.at($0).find($1, $2, $3) })
    http = memory.one(
      smg_host_http(
        size: UInt32(MemoryLayout<smg_host_http>.size), flags: 0, start: { FakeHost.at($0).start($1, $2, $3, $4) },
        cancel: { FakeHost.at($0).answer($1, status: SMG_E_CANCELLED, message: "cancelled") ? SMG_OK : SMG_E_STALE },
        fetch: { _, _, _, _ in SMG_E_UNSUPPORTED }))
    table.pointee.ctx = Unmanaged.passUnretained(self).toOpaque()
  }

  private static func at(_ context: UnsafeMutableRawPointer) -> FakeHost { Unmanaged<FakeHost>.fromOpaque(context).takeUnretainedValue() }

  private func interface(_ id: String) -> UnsafeRawPointer? {
    guard offered.contains(id) else { return nil }
    switch id {
    case SMG_HOST_METRICS: return UnsafeRawPointer(metricsTable)
    case SMG_HOST_TIMER: return UnsafeRawPointer(timer)
    case SMG_HOST_DIRECTORY: return UnsafeRawPointer(directory)
    case SMG_HOST_HTTP: return UnsafeRawPointer(http)
    default: return nil
    }
  }

  private func complete(_ call: smg_call, _ outcome: smg_outcome) -> smg_status {
    let completion = Completion(
      call: call, status: outcome.status, message: outcome.message.text, value: copy(outcome, of: call),
      retryAfterMilliseconds: outcome.retry_after_ms)
    return state.withLock { state in
      let isStale = state.completions.contains { $0.call == call }
      state.completions.append(completion)
      return isStale ? SMG_E_STALE : SMG_OK
    }
  }

  private func copy(_ outcome: smg_outcome, of call: smg_call) -> Value {
    guard let value = outcome.value else { return .none }
    precondition(value.load(as: UInt32.self) == outcome.value_size, "value_size is not the value's own size")
    if outcome.status != SMG_OK {
      let refusal = value.load(as: smg_refusal.self)
      return .refusal(code: refusal.code.text, challenge: refusal.www_authenticate.text)
    }
    if state.withLock({ $0.fetches.contains(call) }) { return .document(ConfigDocument(value.load(as: smg_document.self))) }
    switch expects {
    case .verdict: return .verdict(Found(value.load(as: smg_verdict.self)))
    case .identity: return .identity(Identity(value.load(as: smg_identity.self)))
    case .nothing: return .none
    }
  }

  private func log(_ level: UInt32, _ message: smg_bytes, _ fields: smg_kvs) {
    let entry = (level, message.text, fields.dictionary)
    state.withLock { $0.logs.append(entry) }
  }

  private func record(_ kind: UInt32, _ name: smg_bytes, _ value: Double, _ labels: smg_kvs) {
    let entry = (kind, name.text, value, labels.dictionary)
    state.withLock { $0.metrics.append(entry) }
  }

  private func after(
    _ fire: @escaping @convention(c) (UnsafeMutableRawPointer?, smg_status) -> Void, _ argument: UnsafeMutableRawPointer?,
    _ place: UnsafeMutablePointer<UInt64>?
  ) -> smg_status {
    let argument = UInt(bitPattern: argument)
    let id = state.withLock { state in
      let id = state.nextTimer
      state.nextTimer += 1
      state.timers[id] = (fire, argument)
      return id
    }
    place?.pointee = id
    return SMG_OK
  }

  /// Ends one timer; false when there is none of this id.
  @discardableResult
  package func fire(_ id: UInt64, _ why: smg_status) -> Bool {
    guard let timer = state.withLock({ $0.timers.removeValue(forKey: id) }) else { return false }
    timer.fire(UnsafeMutableRawPointer(bitPattern: timer.argument), why)
    return true
  }

  private func start(
    _ request: UnsafePointer<smg_http_request>,
    _ done: @escaping @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<smg_http_response>) -> Void,
    _ argument: UnsafeMutableRawPointer?, _ place: UnsafeMutablePointer<UInt64>?
  ) -> smg_status {
    let raw = request.pointee
    precondition(raw.size == UInt32(MemoryLayout<smg_http_request>.size), "the request's size is not its own")
    let sent = Sent(
      method: raw.method.text, url: raw.url.text, body: raw.body.text, tlsProfile: raw.tls_profile.text, headers: raw.headers.dictionary,
      flags: raw.flags, call: raw.call, deadline: raw.deadline_ns, maxResponseBytes: raw.max_response_bytes, done: done,
      argument: UInt(bitPattern: argument))
    let (status, id) = state.withLock { state in
      let id = state.nextRequest
      guard state.httpStatus == SMG_OK else { return (state.httpStatus, id) }
      state.nextRequest += 1
      state.requests[id] = sent
      state.sent.append(sent)
      return (SMG_OK, id)
    }
    guard status == SMG_OK else { return status }
    place?.pointee = id
    if let service = state.withLock({ $0.service }) {
      let reply = service(sent)
      answer(id, status: reply.status, code: reply.code, message: reply.body, headers: reply.headers, body: reply.body)
    }
    return status
  }

  /// Ends one request; false when there is none of this id.
  @discardableResult
  package func answer(
    _ id: UInt64, status: smg_status = SMG_OK, code: UInt32 = 0, message: String = "", headers: [(String, String)] = [], body: String = "",
    size: Int = MemoryLayout<smg_http_response>.size
  ) -> Bool {
    guard let sent = state.withLock({ $0.requests.removeValue(forKey: id) }) else { return false }
    let memory = Memory()
    withExtendedLifetime(memory) {
      let response = smg_http_response(
        size: UInt32(size), status: status, code: code, flags: 0, message: memory.bytes(message), headers: memory.pairs(headers),
        trailers: memory.pairs([("x-end", "1")]), body: memory.bytes(body))
      sent.done(UnsafeMutableRawPointer(bitPattern: sent.argument), memory.one(response))
    }
    return true
  }

  private func find(
    _ key: smg_bytes, _ found: (UnsafeMutableRawPointer?, UnsafePointer<smg_key_record>) -> Void, _ argument: UnsafeMutableRawPointer?
  ) -> smg_status {
    let (status, record) = state.withLock { ($0.directoryStatus, $0.keys[key.text]) }
    if let status { return status }
    guard let record else { return SMG_E_NOT_FOUND }
    let memory = Memory()
    withExtendedLifetime(memory) {
      found(
        argument,
        memory.one(
          smg_key_record(
            size: UInt32(MemoryLayout<smg_key_record>.size), flags: record.flags.rawValue, key_id: memory.bytes(record.keyID),
            project_id: memory.bytes(record.projectID), user_id: memory.bytes(record.userID), config_id: memory.bytes(record.configID),
            role: memory.bytes(record.role), revision: record.revision)))
    }
    return SMG_OK
  }

  // MARK: For tests

  /// Answers each request at once.
  public var service: (@Sendable (Sent) -> Reply)? {
    get { state.withLock { $0.service } }
    set { state.withLock { $0.service = newValue } }
  }

  /// API keys that the directory knows, by their text.
  public var keys: [String: KeyRecord] {
    get { state.withLock { $0.keys } }
    set { state.withLock { $0.keys = newValue } }
  }

  /// What the plugin logged.
  public var logs: [(level: UInt32, message: String, fields: [String: String])] { state.withLock { $0.logs } }

  /// What the plugin recorded.
  public var metrics: [(kind: UInt32, name: String, value: Double, labels: [String: String])] { state.withLock { $0.metrics } }

  /// The requests so far.
  public var sent: [Sent] { state.withLock { $0.sent } }

  /// What was completed so far.
  package var completions: [Completion] { state.withLock { $0.completions } }
}

extension smg_kvs {
  package var dictionary: [String: String] {
    Dictionary(UnsafeBufferPointer(start: ptr, count: len).map { ($0.key.text, $0.value.text) }) { first, _ in first }
  }
}

extension FakeHost.Found {
  init(_ raw: smg_verdict) {
    self.init(
      action: raw.action,
      violations: UnsafeBufferPointer(start: raw.violations, count: raw.violation_count).map {
        Violation(
          category: $0.category.text, code: $0.code.text, message: $0.message.text, evidence: $0.evidence_json.text, score: $0.score,
          segment: $0.segment, start: $0.start, end: $0.end)
      },
      replacements: UnsafeBufferPointer(start: raw.replacements, count: raw.replacement_count).map { ($0.segment, $0.text.text) },
      callState: raw.call_state.text, sessionState: raw.session_state.text, metadata: raw.metadata_json.text)
  }
}

extension Identity {
  init(_ raw: smg_identity) {
    self.init(
      subject: raw.subject.text, projectID: raw.project_id.text, userID: raw.user_id.text, configID: raw.config_id.text,
      role: raw.role.text,
      claimsJSON: Array(raw.claims_json.text.utf8), ttlNanoseconds: raw.ttl_ns,
      vary: UnsafeBufferPointer(start: raw.vary, count: raw.vary_count).map(\.text))
  }
}

extension ConfigDocument {
  init(_ raw: smg_document) {
    let content: Content =
      raw.flags & SMG_DOC_HOST != 0 ? .ofHost : raw.flags & SMG_DOC_UNCHANGED != 0 ? .unchanged : .json(Array(raw.json.text.utf8))
    self.init(content, etag: raw.etag.text, ttlNanoseconds: raw.ttl_ns)
  }
}
