internal import PluginABI

// What the host asks: fields in the order of the header.

extension WireCoder {
  mutating func context(_ value: inout smg_context) throws(WireError) {
    size(&value.size, of: smg_context.self)
    try number(&value.deadline_ns)
    try bytes(&value.request_id)
    try bytes(&value.traceparent)
    try bytes(&value.principal)
    try bytes(&value.session)
    try bytes(&value.project_id)
    try bytes(&value.user_id)
    try bytes(&value.config_id)
  }

  private mutating func segments(_ pointer: inout UnsafePointer<smg_segment>?, _ count: inout Int) throws(WireError) {
    try array(&pointer, &count, empty: smg_segment()) { (coder, segment) throws(WireError) in
      try coder.bytes(&segment.path)
      try coder.bytes(&segment.text)
      try coder.bytes(&segment.media_type)
      try coder.number(&segment.flags)
    }
  }

  /// All but the context, which goes before.
  fileprivate mutating func guardRequest(_ value: inout smg_guard_request) throws(WireError) {
    size(&value.size, of: smg_guard_request.self)
    try number(&value.phase)
    try bytes(&value.surface)
    try bytes(&value.server)
    try bytes(&value.item)
    try bytes(&value.policy_json)
    try bytes(&value.policy_revision)
    try segments(&value.segments, &value.segment_count)
    try segments(&value.original, &value.original_count)
    try bytes(&value.call_state)
    try bytes(&value.session_state)
  }

  /// All but the context, which goes before.
  fileprivate mutating func authRequest(_ value: inout smg_auth_request) throws(WireError) {
    size(&value.size, of: smg_auth_request.self)
    try pairs(&value.headers)
    try bytes(&value.method)
    try bytes(&value.target)
    try bytes(&value.resource)
    try bytes(&value.peer)
    try bytes(&value.transport)
  }
}

extension WireWriter {
  mutating func put(_ identity: UnsafePointer<smg_identity>) throws(WireError) {
    var value = identity.pointee
    try self.identity(&value)
  }

  mutating func put(_ context: UnsafePointer<smg_context>) throws(WireError) {
    var value = context.pointee
    try self.context(&value)
  }

  mutating func put(_ request: UnsafePointer<smg_guard_request>) throws(WireError) {
    try put(request.pointee.context)
    var value = request.pointee
    try guardRequest(&value)
  }

  mutating func put(_ request: UnsafePointer<smg_auth_request>) throws(WireError) {
    try put(request.pointee.context)
    var value = request.pointee
    try authRequest(&value)
  }
}

extension WireReader {
  /// What `fetch_config` is asked about, after the context.
  mutating func identity(in memory: WireMemory) throws(WireError) -> UnsafePointer<smg_identity> {
    var value = smg_identity()
    try identity(&value)
    return memory.keep(value)
  }

  mutating func context(in memory: WireMemory) throws(WireError) -> UnsafePointer<smg_context> {
    var value = smg_context()
    try context(&value)
    return memory.keep(value)
  }

  mutating func guardRequest(in memory: WireMemory) throws(WireError) -> UnsafePointer<smg_guard_request> {
    let context = try context(in: memory)
    var value = smg_guard_request(
      size: 0, phase: 0, context: context, surface: smg_bytes(), server: smg_bytes(), item: smg_bytes(), policy_json: smg_bytes(),
      policy_revision: smg_bytes(), segments: nil, segment_count: 0, original: nil, original_count: 0, call_state: smg_bytes(),
      session_state: smg_bytes())
    try guardRequest(&value)
    return memory.keep(value)
  }

  mutating func authRequest(in memory: WireMemory) throws(WireError) -> UnsafePointer<smg_auth_request> {
    let context = try context(in: memory)
    var value = smg_auth_request(
      size: 0, flags: 0, context: context, headers: smg_kvs(), method: smg_bytes(), target: smg_bytes(), resource: smg_bytes(),
      peer: smg_bytes(), transport: smg_bytes())
    try authRequest(&value)
    return memory.keep(value)
  }
}
