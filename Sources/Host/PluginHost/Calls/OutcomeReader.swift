internal import JSON
internal import PluginABI

/// Copies a plugin's `smg_outcome` into a value of the host's. Whatever breaks the ABI becomes a `malformed` failure.
enum OutcomeReader {
  /// - Parameters:
  ///   - pointer: what the plugin passed to `complete`, perhaps NULL.
  ///   - expected: what the call's value must be.
  static func read(_ pointer: UnsafeRawPointer?, expecting expected: CallExpectation) -> CallOutcome {
    do throws(MalformedValue) {
      guard let pointer else { throw MalformedValue("the outcome is NULL") }
      let outcome = try sized(pointer, as: smg_outcome.self, "the outcome")
      return try read(outcome, expected)
    } catch {
      return .failed(PluginFailure(.malformed, error.reason))
    }
  }

  private static func read(_ outcome: smg_outcome, _ expected: CallExpectation) throws(MalformedValue) -> CallOutcome {
    switch outcome.status {
    case SMG_OK:
      switch expected {
      case .nothing: return .done
      case .verdict(let segments): return .verdict(try VerdictReader.read(try value(outcome, "the verdict"), segments: segments))
      case .identity: return .identity(try identity(try value(outcome, "the identity")))
      case .document: return .document(try FetchedDocument(try value(outcome, "the document")))
      }
    case SMG_E_UNAUTHENTICATED, SMG_E_FORBIDDEN:
      // "auth only": from anyone else it decides nothing.
      guard expected.isOfAuth else { throw MalformedValue("status \(outcome.status) is for auth only") }
      return .refused(try refusal(outcome, outcome.status == SMG_E_FORBIDDEN ? .forbidden : .unauthenticated))
    default: return .failed(failure(outcome))
    }
  }

  /// The value behind `outcome.value`, when its size is what this ABI says.
  private static func value<Value>(_ outcome: smg_outcome, _ what: StaticString) throws(MalformedValue) -> Value {
    guard let pointer = outcome.value else { throw MalformedValue("\(what) is missing") }
    guard outcome.value_size == UInt32(MemoryLayout<Value>.size) else {
      throw MalformedValue("\(what) has value_size \(outcome.value_size), not \(MemoryLayout<Value>.size)")
    }
    return try sized(pointer, as: Value.self, what)
  }

  /// A struct that begins with its own size.
  private static func sized<Value>(_ pointer: UnsafeRawPointer, as _: Value.Type, _ what: StaticString) throws(MalformedValue) -> Value {
    guard UInt(bitPattern: pointer) % UInt(MemoryLayout<Value>.alignment) == 0 else { throw MalformedValue("\(what) is misaligned") }
    let size = pointer.load(as: UInt32.self)
    guard size == UInt32(MemoryLayout<Value>.size) else {
      throw MalformedValue("\(what) has size \(size), not \(MemoryLayout<Value>.size)")
    }
    return pointer.load(as: Value.self)
  }

  private static func failure(_ outcome: smg_outcome) -> PluginFailure {
    let message = PluginText.lossy(outcome.message, max: Limits.Plugin.maxMessageBytes)
    let code: PluginFailure.Code =
      switch outcome.status {
      case SMG_E_INVALID: .invalid
      case SMG_E_UNSUPPORTED: .unsupported
      case SMG_E_NOT_FOUND: .notFound
      case SMG_E_TIMEOUT: .timeout
      case SMG_E_CANCELLED: .cancelled
      case SMG_E_UNAVAILABLE: .unavailable
      case SMG_E_INTERNAL: .internal
      default: .malformed
      }
    guard code != .malformed else { return PluginFailure(.malformed, "unknown status \(outcome.status): \(message)") }
    return PluginFailure(code, message, retryAfterMilliseconds: outcome.retry_after_ms)
  }

  private static func refusal(_ outcome: smg_outcome, _ status: Refusal.Status) throws(MalformedValue) -> Refusal {
    let message = PluginText.lossy(outcome.message, max: Limits.Plugin.maxMessageBytes)
    guard outcome.value != nil else { return Refusal(status: status, message: message) }
    let value: smg_refusal = try value(outcome, "the refusal")
    let code = try PluginText.string(value.code, "the refusal's code", max: Limits.Plugin.maxIdentifierBytes)
    let challenge = try PluginText.string(value.www_authenticate, "www_authenticate", max: Limits.Plugin.maxMessageBytes)
    guard challenge.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F || $0 == 0x09 }) else {
      throw MalformedValue("www_authenticate is not a header value")
    }
    return Refusal(status: status, code: code, wwwAuthenticate: challenge, message: message)
  }

  private static func identity(_ value: smg_identity) throws(MalformedValue) -> Identity {
    var identity = Identity(
      subject: try PluginText.string(value.subject, "subject"), projectID: try PluginText.string(value.project_id, "project_id"),
      userID: try PluginText.string(value.user_id, "user_id"), configID: try PluginText.string(value.config_id, "config_id"),
      role: try PluginText.string(value.role, "role"), claimsJSON: try PluginText.json(value.claims_json, "claims_json", kind: .object),
      ttlNanoseconds: value.ttl_ns)
    guard !identity.subject.isEmpty else { throw MalformedValue("the identity has no subject") }
    for name in try PluginText.elements(value.vary, value.vary_count, "vary", max: Limits.Plugin.maxVaryNames) {
      let text = try PluginText.string(name, "a vary name", max: Limits.Plugin.maxIdentifierBytes)
      guard !text.isEmpty, text.utf8.allSatisfy(isLowerCaseToken) else {
        throw MalformedValue("a vary name is not a lower-case header name")
      }
      identity.vary.append(text)
    }
    return identity
  }

  /// A byte of a header name (RFC 9110 token) in lower case.
  private static func isLowerCaseToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "."),
      UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
