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

/// How a message travels.
enum FrameForm: UInt32, Sendable {
  case whole = 0
  /// As sealed shared memory that is attached. Only the gateway sends these: a plugin's process may make no shared memory.
  case shared
  /// In pieces: the first, and each of the others. Nothing else comes between them.
  case begun, continued
}

/// What every message begins with.
struct FrameHeader: Sendable {
  var kind: UInt32
  var form: UInt32
  var number: UInt64
  /// Of the whole message without its header.
  var bytes: UInt64

  init(_ kind: FrameKind, _ form: FrameForm, _ number: UInt64, bytes: Int) {
    self.kind = kind.rawValue
    self.form = form.rawValue
    self.number = number
    self.bytes = UInt64(bytes)
  }

  static let size = MemoryLayout<FrameHeader>.size
}

/// One message that was received.
struct Frame: Sendable {
  let kind: FrameKind
  let number: UInt64
  let payload: FramePayload
}
