internal import NIOCore
internal import RESTServer
internal import Synchronization

/// Answers to requests that bear an `Idempotency-Key`, so that one that is sent again, because its answer was lost, is not done again. In memory only.
final class KeptAnswers: Sendable {
  /// What a request with a key meets.
  enum Finding: Sendable {
    /// Nothing: do it, and tell ``finish(_:_:)``.
    case new
    case kept(RESTAnswer)
    /// The same request is under way.
    case underWay
    /// The key was used for another request.
    case other
  }

  private struct Entry {
    var fingerprint: KeyDigest
    var answer: RESTAnswer?
    var expires: NIODeadline
  }
  private let entries = Mutex<[String: Entry]>([:])

  /// - Parameters:
  ///   - name: caller and key.
  ///   - fingerprint: of method, path and body.
  func begin(_ name: String, _ fingerprint: KeyDigest, now: NIODeadline = .now()) -> Finding {
    entries.withLock { entries in
      if let entry = entries[name], entry.answer == nil || entry.expires > now {
        guard entry.fingerprint == fingerprint else { return .other }
        return entry.answer.map { .kept($0) } ?? .underWay
      }
      if entries.count >= Limits.REST.maxKeptAnswers { Self.makeRoom(in: &entries) }
      entries[name] = Entry(fingerprint: fingerprint, expires: now + Limits.REST.keptAnswerLifetime)
      return .new
    }
  }

  /// What came of a new request. A failure of the gateway's own is forgotten, so that it can be tried again.
  func finish(_ name: String, _ answer: RESTAnswer, now: NIODeadline = .now()) {
    entries.withLock { entries in
      guard answer.status < 500, answer.body.count <= Limits.REST.maxKeptAnswerBytes else { return entries[name] = nil }
      entries[name]?.answer = answer
      entries[name]?.expires = now + Limits.REST.keptAnswerLifetime
    }
  }

  /// Requests under way stay.
  private static func makeRoom(in entries: inout [String: Entry]) {
    let oldest = entries.filter { $0.value.answer != nil }.min { $0.value.expires < $1.value.expires }
    if let oldest { entries[oldest.key] = nil }
  }
}
