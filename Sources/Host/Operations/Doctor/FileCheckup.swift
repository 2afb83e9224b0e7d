internal import JSON

/// What the files say by themselves: permissions, dates, keys, the audit record.
struct FileCheckup {
  let document: ConfigDocument

  var findings: [Finding] { permissions + clock + keys + pins + audit }

  private var permissions: [Finding] {
    let directory = FilePath.directory(of: document.path)
    let files = [(document.path, UInt32(0o077)), (directory + "/gateway_key", 0o077), (directory, 0o022)]
    let open = files.compactMap { path, forbidden -> Finding? in
      guard let mode = FileState(of: path)?.mode, mode & forbidden != 0 else { return nil }
      let fix = path == directory ? "chmod go-w \(path)" : "chmod 600 \(path)"
      return .warning("permissions", "\(path) has the mode \(String(mode & 0o777, radix: 8))", fix)
    }
    return open.isEmpty ? [.ok("permissions", "the configuration is private")] : open
  }

  /// Expiry depends on the clock; a file from the future shows that one of the two is wrong.
  private var clock: [Finding] {
    let now = KeyDirectory.wallClock()
    guard let state = FileState(of: document.path), state.modifiedUnixSeconds > now + 60 else {
      return [.ok("clock", "it is \(Timestamp.text(unixSeconds: now))")]
    }
    return [
      .warning(
        "clock", "it is \(Timestamp.text(unixSeconds: now)), and the configuration was written later than that",
        "Set the clock: whether a key has expired hangs on it.")
    ]
  }

  private var keys: [Finding] {
    let keys = document.keys
    let isUsable = keys.contains { $0.value["disabled"]?.boolValue != true && !$0.isExpired }
    let inClear = keys.count { $0.isStoredInClear }
    var findings: [Finding] = []
    if !isUsable { findings.append(.problem("keys", "no key works: nobody can call", "Make one: `user generate-api-key`.")) }
    if inClear > 0 {
      findings.append(
        .warning("keys", "\(inClear) of \(keys.count) keys stand in the file in clear", "`apikey migrate` replaces them by digests."))
    }
    return findings.isEmpty ? [.ok("keys", "\(keys.count) in all, none in clear")] : findings
  }

  /// What waits for an administrator, and tools of one set that a model may take for each other.
  private var pins: [Finding] {
    let pins: PinDocument
    do throws(GatewayError) { pins = try PinStore(configPath: document.path).read().document } catch { return [.problem("pins", error)] }
    let waiting = pins.servers.filter(\.value.isWaiting).map(\.key.server).sorted()
    let index = PinIndex(pins)
    let shadows = pins.servers.sorted { $0.key.server < $1.key.server }.flatMap { key, server in
      (server.tools ?? [:]).keys.sorted().compactMap { name -> String? in
        let others = index.shadowed(by: name, of: key)
        return others.isEmpty ? nil : "\(VisibleText.of(name)) of \(key.server) (also of \(others.joined(separator: ", ")))"
      }
    }
    var findings: [Finding] = []
    if !waiting.isEmpty {
      findings.append(
        .warning(
          "pins", "changes of \(waiting.joined(separator: ", ")) wait for approval",
          "`tools diff` shows them, `tools approve` lets them pass."))
    }
    if !shadows.isEmpty {
      findings.append(
        .warning(
          "pins", "tools with the name of another server's: \(shadows.prefix(Limits.Pinning.maxReportedShadows).joined(separator: "; "))",
          "Deny the one that is not meant (`denied_tools`), so that no model takes it for the other."))
    }
    return findings.isEmpty ? [.ok("pins", "\(pins.servers.count) server(s), nothing waits for approval")] : findings
  }

  private var audit: [Finding] {
    do throws(FileBytes.Failure) {
      var entries = 0
      for kind in AuditLog.Kind.allCases {
        let found = try AuditVerification(AuditLog(configPath: document.path, of: kind))
        if let broken = found.firstBreak {
          return [.problem("audit", "the record is broken at \(broken.file):\(broken.line): \(broken.reason)")]
        }
        entries += found.entries
      }
      return [.ok("audit", "\(entries) line(s), the chain is whole")]
    } catch {
      return [.problem("audit", "\(error)")]
    }
  }
}
