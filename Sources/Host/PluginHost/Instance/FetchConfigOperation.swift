internal import JSON
internal import PluginABI

enum FetchConfigOperation: PluginOperation {
  static let name: StaticString = "fetch_config"

  static func expectation(_ request: UnsafePointer<ConfigQuestion>) -> CallExpectation { .document }
  static func traceparent(_ request: UnsafePointer<ConfigQuestion>) -> String { request.pointee.context.traceparent }
  static func isSmall(_ request: UnsafePointer<ConfigQuestion>) -> Bool { true }

  static func enter(
    _ core: InstanceCore, _ instance: UnsafeMutableRawPointer, _ call: smg_call, _ request: UnsafePointer<ConfigQuestion>, deadline: UInt64
  ) {
    guard let fetch = core.table.auth.pointee.fetch_config else { preconditionFailure("asked only of providers that have it") }
    let question = request.pointee
    let identity = question.identity
    let size =
      question.context.memorySize + question.etag.utf8.count + identity.subject.utf8.count + identity.projectID.utf8.count
      + identity.userID.utf8.count + identity.configID.utf8.count + identity.role.utf8.count
    RequestMemory.with(bytes: size) { memory in
      var context = question.context.abiValue(in: &memory, deadline: deadline)
      identity.claimsJSON.withBytes { claims in
        var who = smg_identity(
          size: UInt32(MemoryLayout<smg_identity>.size), flags: 0, subject: memory.bytes(identity.subject),
          project_id: memory.bytes(identity.projectID), user_id: memory.bytes(identity.userID), config_id: memory.bytes(identity.configID),
          role: memory.bytes(identity.role), claims_json: claims, ttl_ns: 0, vary: nil, vary_count: 0)
        fetch(instance, call, &context, &who, memory.bytes(question.etag))
      }
    }
  }

  static func value(of outcome: CallOutcome) -> FetchedDocument? {
    if case .document(let document) = outcome { document } else { nil }
  }
}

extension FetchedDocument {
  init(_ raw: smg_document) throws(MalformedValue) {
    let etag = try PluginText.string(raw.etag, "etag")
    // Flags that this host does not know are ignored (R4).
    switch (raw.flags & SMG_DOC_UNCHANGED != 0, raw.flags & SMG_DOC_HOST != 0) {
    case (true, true): throw MalformedValue("the document is unchanged and the host's at once")
    case (true, false): self.init(.unchanged, etag: etag, ttlNanoseconds: raw.ttl_ns)
    case (false, true): self.init(.ofHost, etag: etag, ttlNanoseconds: raw.ttl_ns)
    case (false, false):
      let json = try PluginText.json(raw.json, "json", max: Limits.Plugin.maxDocumentBytes, kind: .object)
      guard !json.isEmpty else { throw MalformedValue("the document is empty") }
      self.init(.json(json), etag: etag, ttlNanoseconds: raw.ttl_ns)
    }
  }
}
