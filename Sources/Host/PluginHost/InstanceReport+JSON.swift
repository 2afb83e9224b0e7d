internal import JSON

extension InstanceReport {
  /// - Parameter isWhole: for administrators: with the file, and why it is not trusted.
  func document(isWhole: Bool) -> JSONValue {
    let misbehaviours = stats.misbehaviours + stats.staleCompletions
    var document: JSONObject = [
      "binding": .string(bindingName), "kind": .string(listing.kind.rawValue), "provider": .string(listing.name),
      "plugin": .string(listing.pluginID), "version": .string(listing.version), "sha256": .string(listing.sha256),
      "trust": .string(ground.name), "signer": LibraryInspection.signer(ground), "is_trusted": .bool(distrust == nil),
      "mode": .string(mode), "threads": stats.isIsolated ? "process" : stats.isInline ? "event_loop" : "pool",
      "generation": .int(generation), "state": .string(stage),
      "calls": .int(Int(clamping: stats.calls)), "in_flight": .int(stats.inFlight), "failures": .int(Int(clamping: stats.failures)),
      "misbehaviours": .int(Int(clamping: misbehaviours)), "stuck": .int(stats.stuckFrames),
      "memory_bytes": memoryBytes.map(JSONValue.int) ?? .null, "pid": stats.processID > 0 ? .int(Int(stats.processID)) : .null,
      "process_ends": .int(Int(clamping: stats.processEnds)), "restarts": .int(Int(clamping: stats.restarts)),
      "latency": stats.latency.document,
    ]
    if isWhole {
      document["file"] = .string(listing.path)
      document["not_trusted"] = distrust.map { .string($0.reason) } ?? .null
    }
    return .object(document)
  }

  /// Where its code runs.
  var mode: String { stats.isIsolated ? "isolated" : "in_process" }

  /// What its process has in memory; nil where it has none, since what it allocates in the gateway cannot be told from the gateway's own.
  var memoryBytes: Int? { ProcessUsage.bytes(ofProcess: stats.processID) }

  private var stage: String { stats.isLeaked ? "leaked" : isDraining ? "draining" : "serving" }
}
