internal import PluginABI
internal import Synchronization

extension InstanceCore {
  /// `smg_host.complete`: stores the outcome; never calls the plugin, so the plugin may hold its own locks.
  func complete(_ call: smg_call, _ pointer: UnsafeRawPointer?) -> smg_status {
    guard let expected = runtime.calls.claim(call, owner: id) else {
      counters.stale.wrappingAdd(1, ordering: .relaxed)
      return SMG_E_STALE
    }
    let outcome = OutcomeReader.read(pointer, expecting: expected)
    guard case .failed(let failure) = outcome, failure.code == .malformed else {
      runtime.calls.deliver(call, outcome)
      return SMG_OK
    }
    counters.misbehaviours.wrappingAdd(1, ordering: .relaxed)
    warn("malformed answer: \(failure.message)")
    runtime.calls.deliver(call, outcome)
    return SMG_E_INVALID
  }

  /// `smg_host.log`: bounded, rate-limited, dropped inside telemetry frames.
  func pluginLogs(_ level: UInt32, _ message: smg_bytes, _ fields: smg_kvs) {
    guard !ThreadFrame.current.isEmitting else {
      counters.droppedLogs.wrappingAdd(1, ordering: .relaxed)
      return
    }
    guard admitLogLine() else { return }
    var list: [(key: String, value: String)] = [("binding", binding), ("plugin", table.listing.pluginID)]
    if let pointer = fields.ptr, fields.len > 0 {
      for field in UnsafeBufferPointer(start: pointer, count: min(fields.len, Limits.Plugin.maxLogFields)) {
        let key = PluginText.lossy(field.key, max: Limits.Plugin.maxIdentifierBytes)
        list.append((key, PluginText.lossy(field.value, max: Limits.Plugin.maxShortTextBytes)))
      }
    }
    log.write(LogLevel(rawValue: Int(level)) ?? .error, PluginText.lossy(message, max: Limits.Plugin.maxMessageBytes), list)
  }

  /// `smg.host.metrics/0`: what is not a finite number under a plain name is dropped.
  func pluginRecords(kind: UInt32, name: smg_bytes, unit: smg_bytes, value: Double, labels: smg_kvs) {
    do throws(MalformedValue) {
      guard let kind = PluginMetricKind(rawValue: kind) else { throw MalformedValue("unknown kind \(kind)") }
      guard value.isFinite, kind != .counter || value >= 0 else { throw MalformedValue("its value is not a number it can have") }
      let name = try PluginText.name(name, "its name")
      var list: [(key: String, value: String)] = []
      for label in try PluginText.elements(labels.ptr, labels.len, "its labels", max: Limits.Plugin.maxMetricLabels) {
        list.append((try PluginText.name(label.key, "a label's name"), try PluginText.string(label.value, "a label's value")))
      }
      let unit = try PluginText.string(unit, "its unit", max: Limits.Plugin.maxIdentifierBytes)
      metrics.record(binding: binding, kind: kind, name: name, unit: unit, value: value, labels: list)
    } catch {
      counters.misbehaviours.wrappingAdd(1, ordering: .relaxed)
      warn("a metric was dropped: \(error.reason)")
    }
  }

  /// `smg.host.directory/0`: `found` runs before this returns, when the key exists.
  func findAPIKey(_ key: smg_bytes, found: (UnsafePointer<smg_key_record>) -> Void) -> smg_status {
    guard let directory else { return SMG_E_UNSUPPORTED }
    guard let start = key.ptr, key.len > 0, key.len <= Limits.Plugin.maxPresentedKeyBytes else { return SMG_E_NOT_FOUND }
    guard let record = directory.findAPIKey(UnsafeRawBufferPointer(start: start, count: key.len)) else { return SMG_E_NOT_FOUND }
    let texts = [record.keyID, record.projectID, record.userID, record.configID, record.role]
    RequestMemory.with(bytes: texts.reduce(0) { $0 + $1.utf8.count }) { memory in
      var value = smg_key_record(
        size: UInt32(MemoryLayout<smg_key_record>.size), flags: record.flags.rawValue, key_id: memory.bytes(record.keyID),
        project_id: memory.bytes(record.projectID), user_id: memory.bytes(record.userID), config_id: memory.bytes(record.configID),
        role: memory.bytes(record.role), revision: record.revision)
      found(&value)
    }
    return SMG_OK
  }
}
