internal import Glibc
internal import JSON

/// When each gateway key was last used, by key id, in seconds since 1970. Stands beside the configuration and not in it: that changes only when an
/// administrator changes it. Losing this file costs nothing but the knowledge.
struct KeyUseFile: Sendable {
  let path: String

  /// Of the configuration file at `configPath`, links followed.
  init(configPath: String) { path = FilePath.resolvingLinks(configPath) + ".key-uses.json" }

  /// Nothing, when there is no file yet.
  func read() throws(GatewayError) -> [String: Int64] {
    let bytes: [UInt8]
    do throws(FileBytes.Failure) {
      bytes = try FileBytes.read(path, maxBytes: Limits.Auth.maxKeyUseFileBytes).bytes
    } catch  where error.code == ENOENT {
      return [:]
    } catch {
      throw failure("cannot be read", "\(error)")
    }
    do {
      let document = try RawJSON(validating: bytes)
      guard document.kind == .object, let keys = document["keys"], keys.kind == .object else {
        throw failure("is not a record of keys' last uses")
      }
      var uses: [String: Int64] = [:]
      for member in keys.members {
        guard let id = member.key.stringValue, let seconds = member.value.stringValue.flatMap(Timestamp.unixSeconds) else {
          throw failure("has an entry that is no key id with a time")
        }
        uses[id] = seconds
      }
      return uses
    } catch let error as GatewayError {
      throw error
    } catch {
      throw failure("is not valid JSON", "\(error)")
    }
  }

  /// For lists, which are not refused because this is not known: then the problem says so.
  func known() -> (uses: [String: Int64], problem: String) {
    do throws(GatewayError) { return (try read(), "") } catch {
      return ([:], ([error.message] + error.suggestions).joined(separator: " "))
    }
  }

  /// Adds later uses, under the lock that every writer takes. Of more keys than `capacity`, those used latest stay.
  func merge(_ later: [String: Int64], keeping capacity: Int = Limits.Auth.maxKeyUses) throws(GatewayError) {
    let lock = try FileLock.take(of: path)
    defer { withExtendedLifetime(lock) {} }
    StagedFile.removeLeftovers(of: path)
    var uses = try read()
    uses.merge(later) { max($0, $1) }
    if uses.count > capacity {
      let latest = uses.sorted { $0.value > $1.value }.prefix(capacity)
      uses = Dictionary(uniqueKeysWithValues: latest.map { ($0.key, $0.value) })
    }
    let keys = uses.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = .string(Timestamp.text(unixSeconds: $1.value)) }
    do throws(FileBytes.Failure) {
      let owner = FileState(of: path) == nil ? String(path.dropLast(".key-uses.json".count)) : path
      let document = JSONValue.object(["version": 1, "keys": .object(keys)])
      let staged = try StagedFile.write(document.serialized(), for: path, mode: 0o600, owner: owner)
      try staged.replace()
    } catch {
      throw failure("cannot be written", "\(error)")
    }
  }

  private func failure(_ reason: String, _ cause: String? = nil) -> GatewayError {
    GatewayError(
      .operationFailed, "The record of when keys were last used, \(path), \(reason).", cause: cause,
      suggestions: ["Move it away: a new one is begun, and only the times in it are lost."])
  }
}
