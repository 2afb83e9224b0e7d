internal import Egress
internal import NIOCore
internal import PluginABI

/// A plugin's request, copied and bounded. What HTTP itself asks of it is judged by `EgressClient`.
struct PluginHTTPRequest {
  var egress: EgressRequest
  /// The call that it serves; 0 = none.
  var call: smg_call
  /// Nanoseconds of CLOCK_MONOTONIC; 0 = the plugin names none.
  var deadline: UInt64

  /// - Parameter pointer: what the plugin passed, perhaps NULL.
  init(_ pointer: UnsafeRawPointer?, rules: EgressRules) throws(MalformedValue) {
    guard let pointer else { throw MalformedValue("the request is NULL") }
    guard UInt(bitPattern: pointer) % UInt(MemoryLayout<smg_http_request>.alignment) == 0 else {
      throw MalformedValue("the request is misaligned")
    }
    let size = pointer.load(as: UInt32.self)
    guard size == UInt32(MemoryLayout<smg_http_request>.size) else {
      throw MalformedValue("the request has size \(size), not \(MemoryLayout<smg_http_request>.size)")
    }
    let raw = pointer.load(as: smg_http_request.self)
    call = raw.call
    deadline = raw.deadline_ns
    egress = EgressRequest(url: try PluginText.string(raw.url, "the URL", max: Limits.Plugin.maxURLBytes), deadline: nil)
    egress.method = try PluginText.string(raw.method, "the method", max: Limits.Plugin.maxIdentifierBytes)
    egress.headers = try Self.headers(raw.headers)
    let body = try PluginText.data(raw.body, "the body", max: Limits.Plugin.maxRequestBodyBytes)
    egress.body = body.isEmpty ? nil : body
    let limit = raw.max_response_bytes == 0 ? Int.max : Int(clamping: raw.max_response_bytes)
    egress.maxResponseBytes = min(limit, Limits.Plugin.maxResponseBytes)
    let profile = try PluginText.string(raw.tls_profile, "the TLS profile", max: Limits.Plugin.maxIdentifierBytes)
    egress.tlsProfile = profile.isEmpty ? nil : profile
    egress.httpVersion = raw.flags & SMG_HTTP_2 != 0 ? .http2 : .automatic
    egress.rules = rules
  }

  private static func headers(_ pairs: smg_kvs) throws(MalformedValue) -> [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = []
    for pair in try PluginText.elements(pairs.ptr, pairs.len, "the headers", max: Limits.Plugin.maxRequestHeaders) {
      let name = try PluginText.string(pair.key, "a header's name")
      headers.append((name, try PluginText.string(pair.value, "a header's value", max: Limits.Plugin.maxHeaderValueBytes)))
    }
    return headers
  }

  /// What the request holds in memory besides its answer.
  var heldBytes: Int { egress.body?.count ?? 0 }

  /// When it must be over, in nanoseconds of CLOCK_MONOTONIC: what the plugin asks for, but not after the call that it serves and not after the host's
  /// limit; nil when that has passed.
  static func deadline(asked: UInt64, call: UInt64?, now: UInt64) -> UInt64? {
    let standard = call ?? now + UInt64(Limits.Plugin.defaultRequestDuration.nanoseconds)
    let latest = min(call ?? .max, now + UInt64(Limits.Plugin.maxCallDuration.nanoseconds))
    let deadline = min(asked == 0 ? standard : asked, latest)
    return deadline > now ? deadline : nil
  }
}
