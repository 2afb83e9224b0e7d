internal import JSON

/// One library as an operator wants to know it: what it is, whether the gateway would load it, and what it offers. None of it runs in this process; a child
/// reads its tables, unless a rule that comes first forbids that.
struct LibraryInspection {
  var path: String
  var sha256: String?
  /// Why it may be loaded.
  var ground: TrustGround?
  /// Built with the gateway.
  var isBuiltIn = false
  /// nil when it cannot be loaded.
  var offer: CheckedOffer?
  /// Why the gateway refuses it.
  var refusal: PluginRefusal?

  /// Null when it was not loaded for its signature.
  static func signer(_ ground: TrustGround?) -> JSONValue {
    ground?.signer.map { ["name": .string($0.name), "key": .string($0.fingerprint)] } ?? .null
  }

  var document: JSONValue {
    var object: JSONObject = ["status": refusal == nil ? "loadable" : "refused"]
    if let offer {
      object["plugin"] = .string(offer.id)
      object["version"] = .string(offer.version)
      object["providers"] = .array(offer.providers.map(\.summary))
      object["vendor"] = .string(offer.vendor)
      object["license"] = .string(offer.license)
      object["built_in"] = .bool(isBuiltIn)
    }
    object["file"] = .string(path)
    object["sha256"] = sha256.map(JSONValue.string) ?? .null
    object["trust"] = (ground?.name).map(JSONValue.string) ?? .null
    object["signer"] = Self.signer(ground)
    if let refusal {
      object["rule"] = .string(refusal.rule.rawValue)
      object["reason"] = .string(refusal.reason)
      object["fix"] = .string(refusal.fix)
    }
    return .object(object)
  }
}

/// Looks at libraries with the eyes of the loader.
struct LibraryInspector {
  let settings: PluginSettings
  /// This binary, for the child.
  let executablePath: String

  /// A library of a folder of the search path.
  func inspect(_ name: String, in folder: borrowing Folder) -> LibraryInspection {
    var found = LibraryInspection(path: folder.path + "/" + name)
    do throws(PluginRefusal) {
      try look(at: try SealedImage.copy(try LibraryFile.open(name, in: folder), path: found.path, avoidMemfd: settings.avoidMemfd), &found)
    } catch {
      found.refusal = error
    }
    return found
  }

  /// A library anywhere, named by somebody who may run what is in it.
  func inspect(path: String) -> LibraryInspection {
    var found = LibraryInspection(path: path)
    do throws(PluginRefusal) {
      try look(at: try SealedImage.copy(try LibraryFile.open(anywhere: path), path: path, avoidMemfd: settings.avoidMemfd), &found)
    } catch {
      found.refusal = error
    }
    return found
  }

  private func look(at image: SealedImage, _ found: inout LibraryInspection) throws(PluginRefusal) {
    defer { image.discard() }
    let path = found.path
    let sha256 = try image.withBytes(path: path) { SealedImage.sha256($0) }
    found.sha256 = sha256
    found.isBuiltIn = settings.trustedInlineHashes.contains(sha256)
    let rules = LibraryTrust(trust: settings.trust, builtIn: settings.trustedInlineHashes)
    let loader = LibraryLoader(settings: settings, log: Log(sink: SilentSink(), scope: "plugins"), rules: [rules], known: [], builds: 0)
    found.ground = try loader.trust(sha256, path)
    try loader.checkFormat(image, path)
    let child = DescriberProcess(settings: settings, image: image)
    _ = try child.describe(path: path)
    found.offer = CheckProcess(path: executablePath, image: image).offer(CheckBench.Settings())
    guard found.offer == nil else { return }
    throw PluginRefusal(path: path, rule: .tables, reason: "its tables cannot be read", fix: "`plugin check` says what is wrong with them")
  }
}

extension LibraryInspector {
  /// SHA-256 of a library, of the bytes that would be loaded now.
  static func sha256(of path: String) throws(PluginRefusal) -> String {
    let image = try SealedImage.copy(try LibraryFile.open(anywhere: path), path: path, avoidMemfd: false)
    defer { image.discard() }
    return try image.withBytes(path: path) { SealedImage.sha256($0) }
  }
}

/// A log that nobody reads.
struct SilentSink: LogSink {
  var minimumLevel: LogLevel { .error }
  func write(_ record: LogRecord) {}
}
