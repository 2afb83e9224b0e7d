internal import JSON
internal import MCP

extension MergedList {
  /// The result of a list request: one page of the list, the cursor of the next, and what is missing.
  /// - Throws: `invalidParams` for a cursor that does not fit the list.
  func page(_ cursor: RawJSON?, era: Era) throws(RPCError) -> [UInt8] {
    let range = try range(after: cursor)
    var writer = JSONWriter(reservingBytes: entries[range].reduce(512) { $0 + $1.byteCount + 64 })
    writer.object { writer in
      writer.key(kind.member)
      writer.array { writer in for entry in entries[range] { entry.write(into: &writer, era: era) } }
      if range.upperBound < entries.count {
        writer.member("nextCursor", ListCursor(position: range.upperBound, digest: digest).text)
      }
      if era == .modern {
        ModernResult.write(serverInfo: .gateway, cache: CacheHint.none, into: &writer, moreMeta: writeMissing)
      } else if !unavailable.isEmpty || !omitted.isEmpty || !shadowing.isEmpty {
        writer.key("_meta")
        writer.object(writeMissing)
      }
    }
    return writer.bytes
  }

  private func range(after cursor: RawJSON?) throws(RPCError) -> Range<Int> {
    let start = try start(cursor)
    var end = start
    var byteCount = 0
    while end < entries.count, end - start < Limits.Federation.maxItemsPerPage {
      byteCount += entries[end].byteCount
      // An item larger than a page has a page of its own.
      guard byteCount <= Limits.Federation.maxPageBytes || end == start else { break }
      end += 1
    }
    return start..<end
  }

  private func start(_ cursor: RawJSON?) throws(RPCError) -> Int {
    guard let cursor, !cursor.isNull else { return 0 }
    guard let known = cursor.stringValue.flatMap({ ListCursor($0) }), known.position < entries.count, known.digest == digest else {
      throw ListCursor.invalid
    }
    return known.position
  }

  private func writeMissing(into meta: inout JSONWriter) {
    if !unavailable.isEmpty {
      meta.key(GatewayMetaKey.unavailableServers)
      meta.array { writer in for server in unavailable { writer.object(server.write) } }
    }
    if !omitted.isEmpty {
      meta.key(GatewayMetaKey.omittedItems)
      meta.array { writer in for item in omitted { writer.object(item.write) } }
    }
    if !shadowing.isEmpty {
      meta.key(GatewayMetaKey.shadowingTools)
      meta.array { writer in for item in shadowing { writer.object(item.write) } }
    }
  }
}

extension MergedList.Unavailable {
  fileprivate func write(into writer: inout JSONWriter) {
    writer.member("server", server)
    writer.member("reason", error.message)
    writer.member("error_code", error.code.rawValue)
    writer.member("retry", isRetryable)
  }
}

extension MergedList.Shadowing {
  fileprivate func write(into writer: inout JSONWriter) {
    writer.member("server", server)
    writer.member("tool", tool.name)
    writer.key("others")
    writer.array { writer in for other in tool.others { writer.string(other) } }
  }
}

extension MergedList.Omitted {
  fileprivate func write(into writer: inout JSONWriter) {
    writer.member("server", server)
    writer.member("item", item)
    writer.member("reason", reason.rawValue)
  }
}
