internal import NIOCore

/// Where a stream that was cut is to be taken up again, how soon, and whether that still makes sense.
struct ResumePlace: Sendable, Equatable {
  private(set) var lastEventID = ""
  private(set) var pause = Limits.Upstream.firstStreamPause
  private var attempts = 0

  /// A stream ended. False if it cannot be taken up again, or was so too often without a new event.
  mutating func advance(to eventID: String, retryMilliseconds: Int?) -> Bool {
    // A stream that brought no event leaves the place where it was.
    if !eventID.isEmpty, eventID != lastEventID {
      lastEventID = eventID
      attempts = 0
    }
    pause = StreamPause.bounded(retryMilliseconds) ?? Limits.Upstream.firstStreamPause
    return !lastEventID.isEmpty && failed()
  }

  /// One more attempt. False if there were too many.
  mutating func failed() -> Bool {
    attempts += 1
    return attempts <= Limits.Upstream.maxResumptions
  }
}

enum StreamPause {
  /// What a server asks for with `retry`, as far as it is reasonable.
  static func bounded(_ milliseconds: Int?) -> TimeAmount? {
    milliseconds.map { min(Limits.Upstream.maxStreamPause, .milliseconds(Int64(min($0, 86_400_000)))) }
  }

  static func doubled(_ pause: TimeAmount) -> TimeAmount { min(Limits.Upstream.maxStreamPause, pause + pause) }
}
