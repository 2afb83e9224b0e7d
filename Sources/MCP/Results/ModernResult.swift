package import JSON

/// Turns a result of any era into one that 2026-07-28 accepts.
package enum ModernResult {
  /// Adds `resultType` "complete" unless the result names one, this hop's server info to `_meta`, and, when `cache` is given,
  /// `ttlMs` and `cacheScope` in place of what the result said. Everything else is taken over byte by byte, in order.
  /// `result` is an object; anything else comes back unchanged.
  /// - Parameter moreMeta: JSON texts of further members of `_meta`, which must not have them yet.
  package static func decorate(
    _ result: RawJSON, serverInfo: Implementation, cache: CacheHint? = nil, moreMeta: [(name: String, value: [UInt8])] = []
  ) -> [UInt8] {
    guard result.kind == .object else { return Array(result.bytes) }
    var object = SplicedObject(reserving: result.bytes.count + 256)
    var resultType: RawJSON?
    var meta: RawJSON?
    for (key, value) in result.members {
      switch key.stringValue {
      case "resultType": resultType = value
      case "_meta": meta = value
      case "ttlMs", "cacheScope": if cache == nil { object.append(key: key, value: value) }
      default: object.append(key: key, value: value)
      }
    }
    object.append("resultType", value: resultType.map { Array($0.bytes) } ?? Array("\"complete\"".utf8))
    if let cache {
      object.append("ttlMs", value: Array(String(cache.ttlMilliseconds).utf8))
      object.append("cacheScope", value: JSONValue.string(cache.scope.rawValue).serialized())
    }
    object.append("_meta", value: Self.meta(meta, serverInfo: serverInfo, moreMeta))
    return object.closed()
  }

  /// A result of an older revision with further members in its `_meta`; else as `decorate`.
  package static func adding(_ moreMeta: [(name: String, value: [UInt8])], to result: RawJSON) -> [UInt8] {
    guard result.kind == .object, !moreMeta.isEmpty else { return Array(result.bytes) }
    var object = SplicedObject(reserving: result.bytes.count + 256)
    var meta = SplicedObject(reserving: 256)
    for (key, value) in result.members {
      guard key.stringValue == "_meta" else {
        object.append(key: key, value: value)
        continue
      }
      for (key, value) in value.members { meta.append(key: key, value: value) }
    }
    for (name, value) in moreMeta { meta.append(name, value: value) }
    object.append("_meta", value: meta.closed())
    return object.closed()
  }

  /// Writes the members that make a result being written one for 2026-07-28; it must not have them yet.
  /// - Parameter moreMeta: writes further members of `_meta`.
  package static func write(
    serverInfo: Implementation, cache: CacheHint? = nil, into result: inout JSONWriter, moreMeta: (inout JSONWriter) -> Void = { _ in }
  ) {
    result.key("resultType")
    result.string("complete")
    if let cache {
      result.key("ttlMs")
      result.int(cache.ttlMilliseconds)
      result.key("cacheScope")
      result.string(cache.scope.rawValue)
    }
    result.key("_meta")
    result.object { meta in
      meta.key(MetaKey.serverInfo)
      serverInfo.write(into: &meta)
      moreMeta(&meta)
    }
  }

  /// `_meta` with this hop's server info; another hop's is dropped.
  private static func meta(
    _ original: RawJSON?, serverInfo: Implementation, _ moreMeta: [(name: String, value: [UInt8])]
  ) -> [UInt8] {
    var object = SplicedObject(reserving: (original?.bytes.count ?? 0) + 128)
    for (key, value) in original?.members ?? RawJSON(.object([:])).members where key.stringValue != MetaKey.serverInfo {
      object.append(key: key, value: value)
    }
    var info = JSONWriter()
    serverInfo.write(into: &info)
    object.append(MetaKey.serverInfo, value: info.bytes)
    for (name, value) in moreMeta { object.append(name, value: value) }
    return object.closed()
  }
}
