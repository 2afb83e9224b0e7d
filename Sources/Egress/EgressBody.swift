/// The bytes of an answer's body as they arrive, for one reader. What the reader has not yet taken is bounded; the server waits when it is ahead.
package struct EgressBody: AsyncSequence, Sendable {
  package typealias Element = [UInt8]
  package typealias Failure = EgressError

  private let lifetime: Lifetime

  init(_ exchange: Exchange) {
    lifetime = Lifetime(exchange)
  }

  package func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(lifetime: lifetime)
  }

  /// Everything up to the end.
  /// - Throws: `tooLarge` if that is more than `limitBytes`; the transfer is then broken off.
  package func collect(upTo limitBytes: Int) async throws(EgressError) -> [UInt8] {
    var collected: [UInt8] = []
    while let chunk = try await lifetime.exchange.nextChunk() {
      guard collected.count + chunk.count <= limitBytes else {
        lifetime.exchange.abandon()
        throw .tooLarge(.body, limitBytes: limitBytes)
      }
      if collected.isEmpty { collected = chunk } else { collected += chunk }
    }
    return collected
  }

  /// Headers that came after the body, once its end has been read; empty before.
  package var trailers: [(name: String, value: String)] { lifetime.exchange.trailers }

  package struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let lifetime: Lifetime

    /// The next bytes, at least one; nil at the end. A cancelled task gets `cancelled`, which also breaks the transfer off.
    package mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(EgressError) -> [UInt8]? {
      try await lifetime.exchange.nextChunk()
    }
  }

  /// Shared by the body and its iterators; the last one to go breaks off what is still under way.
  fileprivate final class Lifetime: Sendable {
    let exchange: Exchange

    init(_ exchange: Exchange) { self.exchange = exchange }

    deinit { exchange.abandon() }
  }
}
