/// Has a message's pieces judged in batches, some side by side.
package enum Batches {
  /// Batches of one message at once.
  static let atOnce = 4

  /// The first finding that blocks ends the others. A batch without an answer counts only when no other one blocks: then its error is thrown.
  package static func judge<Item: Sendable, Finding: Sendable>(
    _ items: [Item], size: Int, blocks: (Finding) -> Bool, _ ask: @escaping @Sendable ([Item]) async throws -> Finding
  ) async throws -> [Finding] {
    let batches = stride(from: 0, to: items.count, by: max(1, size)).map { Array(items[$0..<min($0 + max(1, size), items.count)]) }
    var findings: [Finding] = []
    var failure: (any Error)?
    await withTaskGroup(of: Result<Finding, any Error>.self) { group in
      var next = 0
      func start() {
        guard next < batches.count else { return }
        let batch = batches[next]
        next += 1
        group.addTask {
          do { return .success(try await ask(batch)) } catch { return .failure(error) }
        }
      }
      for _ in 0..<atOnce { start() }
      while let outcome = await group.next() {
        switch outcome {
        case .success(let finding):
          findings.append(finding)
          guard !blocks(finding) else {
            failure = nil
            return group.cancelAll()
          }
          // After a failure only what is under way may still block.
          if failure == nil { start() }
        case .failure(let error): failure = failure ?? error
        }
      }
    }
    if let failure { throw failure }
    return findings
  }
}
