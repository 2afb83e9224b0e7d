internal import CLinux
internal import Egress
internal import Glibc
internal import PluginABI

/// The child's side of `DescriberProcess`: `<binary> __plugin-describe [KIND NAME]`. Loads the library of descriptor 3 and writes one line of JSON about it to
/// descriptor 4; with KIND and NAME it also creates an instance of that provider with the configuration it reads from descriptor 5.
package enum PluginDescriber {
  /// The hidden verb. Whoever owns `main` hands what follows it to `run`.
  package static let verb = "__plugin-describe"

  private static let cpuSeconds: UInt32 = 60

  /// - Parameter arguments: what follows the verb.
  /// - Returns: an exit status, only when the arguments are wrong; otherwise the process ends here, without running the library's destructors.
  package static func run(arguments: [String]) -> Int32 {
    guard arguments.isEmpty || arguments.count == 2, fcntl(DescriberProcess.Descriptor.answer, F_GETFD) >= 0 else { return 64 }
    smg_confine_child(cpuSeconds)
    let answer: DescriberAnswer
    do throws(PluginTables.Problem) {
      // Nobody has chosen yet to let this library's code do more. With KIND and NAME somebody has, for the gateway's own process.
      if arguments.isEmpty { try Sandbox.enter(SandboxRules(), image: DescriberProcess.Descriptor.image) }
      let tables = try LoadedLibrary.open("/proc/self/fd/\(DescriberProcess.Descriptor.image)")
      answer = arguments.isEmpty ? .described(PluginDescription(tables)) : create(kind: arguments[0], name: arguments[1], of: tables)
    } catch {
      answer = .refused(error)
    }
    _exit(HandedFile.write(answer.line, to: DescriberProcess.Descriptor.answer) ? 0 : 74)
  }

  private static func create(kind: String, name: String, of tables: PluginTables) -> DescriberAnswer {
    guard let provider = tables.providers.first(where: { $0.kind.rawValue == kind && $0.name == name }) else {
      return .notCreated("the library no longer offers it")
    }
    guard let config = HandedFile.read(DescriberProcess.Descriptor.config) else { return .notCreated("the configuration cannot be read") }
    let log = Log(sink: SilentSink(), scope: "plugin")
    do throws(PluginHostError) {
      let runtime = try PluginRuntime(settings: PluginSettings(searchPaths: []), egress: nil)
      let listing = ProviderListing(
        kind: provider.kind, name: name, pluginID: tables.id, version: tables.version, vendor: tables.vendor, license: tables.license,
        path: "",
        sha256: "", flags: provider.flags, configSchemaJSON: [])
      let core = InstanceCore(
        binding: name, table: ProviderTable(provider: provider.table, listing: listing, isBuiltIn: false), runtime: runtime,
        trustInline: false,
        log: log, metrics: NoMetrics(), directory: NoKeys(), egress: EgressRules())
      switch core.create(config) {
      case .success: return .created
      case .failure(let refusal): return .notCreated(refusal.reason)
      }
    } catch {
      return .notCreated("\(error)")
    }
  }

  // What the instance in the child gets for the host's services.
  private struct NoMetrics: PluginMetricsSink {
    func record(binding: String, kind: PluginMetricKind, name: String, unit: String, value: Double, labels: [(key: String, value: String)])
    {}
  }
  private struct NoKeys: DirectorySource {
    func findAPIKey(_ presented: UnsafeRawBufferPointer) -> KeyRecord? { nil }
  }
}
