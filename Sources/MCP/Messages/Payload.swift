package import JSON

/// What one POST body or one line holds: a message, or the batch that 2025-03-26 allows.
package enum Payload: Sendable {
  case single(Message)
  /// The elements as they came, each to be read by `Message.init` and answered for itself.
  case batch([RawJSON])

  /// Most messages in one batch.
  package static let maxBatchMessages = 100

  /// Throws `invalidRequest` for what is neither, for an empty batch and for one of more than `maxBatchMessages`.
  package init(_ raw: RawJSON) throws(RPCError) {
    guard raw.kind == .array else {
      self = .single(try Message(raw))
      return
    }
    var messages: [RawJSON] = []
    for element in raw.elements {
      guard messages.count < Self.maxBatchMessages else {
        throw .invalidRequest("a batch holds at most \(Self.maxBatchMessages) messages")
      }
      messages.append(element)
    }
    guard !messages.isEmpty else { throw .invalidRequest("a batch must not be empty") }
    self = .batch(messages)
  }
}
