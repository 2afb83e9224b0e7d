import Glibc
import PluginABI
import PluginSDK
import Testing

/// One of this package's plugins, as the shared library that the build made of it.
struct BuiltLibrary: CustomTestStringConvertible {
  let name: String
  var testDescription: String { name }

  static let all = [
    "EnkryptGuardrail", "JWTAuth", "KeywordGuardrail", "LocalAPIKeyAuth", "OpenAIModeration", "PatternGuardrail", "StdoutTelemetry",
  ]
  .map(
    BuiltLibrary.init(name:))

  /// Beside the test binary.
  var path: String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let program = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = program.split(separator: "/").dropLast().joined(separator: "/")
    return "/\(folder)/lib\(name).so"
  }

  typealias Entry = @convention(c) (UInt32) -> PluginTable?

  func entry() throws -> Entry {
    let handle = try #require(dlopen(path, RTLD_NOW | RTLD_LOCAL), "\(path): \(String(cString: dlerror()))")
    let symbol = try #require(dlsym(handle, SMG_ENTRY_SYMBOL))
    return unsafeBitCast(symbol, to: Entry.self)
  }

  func open() throws -> PluginTable { try #require(try entry()(SMG_ABI_MINOR)) }
}
