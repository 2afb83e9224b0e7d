package import NIOCore

/// Every bound of the gateway, named, in one place. Sizes are bytes, times are `TimeAmount`, unless the name says otherwise.
package enum Limits {
  /// What a client may send.
  package enum Transport {
    /// A request body; more is refused with HTTP 413 before it is parsed.
    package static let maxBodyBytes = 16 << 20
  }

  /// Conversations.
  package enum Session {
    /// Concurrent legacy sessions; one more ends the longest idle.
    package static let maxSessions = 10_000
    package static let idleExpiry: TimeAmount = .minutes(30)
  }

  /// Children and what they send.
  package enum Upstream {
    /// One line (message) from a child; a longer one ends the child.
    package static let maxMessageBytes = 64 << 20
  }

  /// Shared libraries and calls into them.
  package enum Plugin {
    /// Texts up to this size may be judged on the event loop by a trusted inline provider.
    package static let maxInlineTextBytes = 64 << 10
  }

  /// Records on their way to telemetry plugins.
  package enum Telemetry {
    /// Records waiting for a batch; more are dropped and counted.
    package static let maxQueuedRecords = 16_384
  }

  /// The configuration document.
  package enum Config {
    package static let maxDocumentBytes = 256 << 20
  }
}
