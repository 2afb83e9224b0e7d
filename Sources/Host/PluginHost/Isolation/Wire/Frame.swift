/// What one message between the gateway and a plugin's process is about. The number in the header names the call, request or question that it belongs to.
enum FrameKind: UInt32, Sendable {
  // From the gateway.
  /// `RunnerOrder`: everything that the process must know. The first message, once.
  case begin = 1
  case check, authenticate, health, flush
  /// Telemetry; answered with `left` when it has returned.
  case emit, exportMetrics
  /// Nobody waits for the call any more. Answered with `left` once no thread is inside it.
  case cancel
  /// A response to `request`.
  case response
  /// An answer to `findKey`.
  case key
  /// A deadline; answered with `stopped`.
  case stop
  /// The process destroys the instance and ends.
  case destroy
  /// The configuration of a caller.
  case fetchConfig

  // From the process.
  /// The status of `create`, and what it wrote.
  case created = 64
  /// `counted`: something that the gateway only counts, a `Counted`.
  case complete, counted, left, log, metric, request, cancelRequest, findKey, stopped
  /// Something of the plugin does not return.
  case overdue
}

/// What a `counted` message counts.
enum Counted: UInt64, Sendable {
  /// A completion that answers no open call.
  case staleCompletion = 1
  /// A log line that was dropped, because it came out of a batch of such lines.
  case droppedLog
}

/// What every message begins with.
struct FrameHeader: Sendable {
  var kind: UInt32
  var isShared: UInt32
  var number: UInt64
  /// Of what follows, or of the shared memory that is attached.
  var bytes: UInt64

  static let size = MemoryLayout<FrameHeader>.size
}

/// One message that was received.
struct Frame: Sendable {
  let kind: FrameKind
  let number: UInt64
  let payload: FramePayload
}
