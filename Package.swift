// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target: Swift 6 mode, the upcoming features that make imports and isolation explicit, and, in CI, warnings as errors.
let settings: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  ] + (Context.environment["CI"] != nil ? [.treatAllWarnings(as: .error)] : [])

/// What every plugin's shared library needs from the linker; it reaches whoever links PluginSDK, the test runner included. A sanitizer's runtime is linked
/// into the runner and must replace malloc for the libraries it loads, so its symbols may not be hidden: SANITIZE=1 leaves the version script out.
let pluginLinking: [LinkerSetting] = [
  .unsafeFlags(
    (Context.environment["SANITIZE"] != nil
      ? [] : ["-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/PluginSDK/plugin.map"])
      + ["-Xlinker", "-z", "-Xlinker", "nodelete"]),
  // A start copies and hashes each library, so symbols that nobody looks up are left out.
  .unsafeFlags(["-Xlinker", "-s"], .when(configuration: .release)),
]

let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
  .product(name: "NIOHTTP1", package: "swift-nio"),
]

/// One plugin: a Swift target and the shared library `lib<name>.so` made of it.
func plugin(_ name: String) -> Target {
  let others: [Target.Dependency] =
    (services.contains(name) ? ["ServiceClient"] : []) + (folding.contains(name) ? ["TextFolding"] : [])
    + (name == "KeywordGuardrail" ? ["CRE2"] : [])
    + (redacting.contains(name) ? ["Placeholders"] : [])
    + (name == "JWTAuth" ? ["CLibcrypto"] : [])
  return .target(
    name: name, dependencies: ["PluginSDK", "JSON"] + others, path: "Plugins/\(name)", exclude: ["README.md"], swiftSettings: settings)
}
/// Those that ask a service over HTTP.
let services = ["EnkryptGuardrail", "JWTAuth", "LocalAPIKeyAuth", "OpenAIModeration"]
/// Those that compare texts as they look.
let folding = ["KeywordGuardrail", "PatternGuardrail"]
/// Those that take personal data out and put it back.
let redacting = ["EnkryptGuardrail", "PatternGuardrail"]
let plugins = ["StdoutTelemetry"] + folding + services

let package = Package(
  name: "secure-mcp-gateway",
  products: [
    .executable(name: "secure-mcp-gateway", targets: ["Gateway"]),
    .library(name: "PluginABI", targets: ["PluginABI"]),
    .library(name: "PluginSDK", targets: ["PluginSDK"]),
    .library(name: "PluginTesting", targets: ["PluginTesting"]),
  ] + plugins.map { .library(name: $0, type: .dynamic, targets: [$0]) },
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    // The REST API's HTTP server. Without traits: its own configuration reader and the whole of Foundation are not wanted.
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
  ],
  targets: [
    .target(name: "PluginABI"),
    .target(
      name: "PluginSDK", dependencies: ["PluginABI"], exclude: ["plugin.map"],
      swiftSettings: settings + [.enableExperimentalFeature("Lifetimes")], linkerSettings: pluginLinking),
    // A host for unit tests of plugins.
    .target(name: "PluginTesting", dependencies: ["PluginABI", "PluginSDK"], swiftSettings: settings),
    .target(name: "JSON", swiftSettings: settings),
    // What guardrails share: Unicode made plain, as static code in each of their libraries.
    .target(name: "TextFolding", path: "Plugins/TextFolding", swiftSettings: settings),
    // Regular expressions in linear time: RE2 behind a C face. The library itself is the system's.
    .target(name: "CRE2", path: "Plugins/CRE2", linkerSettings: [.linkedLibrary("re2")]),
    .target(name: "MCP", dependencies: ["JSON"], swiftSettings: settings),
    .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(name: "Egress", dependencies: ["CCurl", "CLinux", .product(name: "NIOCore", package: "swift-nio")], swiftSettings: settings),
    // The HTTP server of the REST API, on Hummingbird's core, which nothing else sees.
    .target(
      name: "RESTServer",
      dependencies: [
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: settings),
    .target(name: "CSupervisor"),
    .target(name: "CPluginCheck"),
    // What `plugin new` writes, compiled in.
    .target(name: "CPluginTemplates", exclude: ["templates"]),
    .target(name: "CLinux"),
    .target(
      name: "Host",
      dependencies: [
        "PluginABI", "JSON", "MCP", "Egress", "RESTServer", "CLibcrypto", "CLinux", "CSupervisor", "CPluginCheck", "CPluginTemplates",
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Logging", package: "swift-log"),
      ] + nio,
      swiftSettings: settings),
    .executableTarget(name: "Gateway", dependencies: ["Host", "CSupervisor"], swiftSettings: settings),
    // Measures the gateway from outside, and its plugin host from inside: make bench.
    .executableTarget(
      name: "GatewayBench",
      dependencies: ["Host", "JSON", "MCP", "Egress", "CLinux", .product(name: "ArgumentParser", package: "swift-argument-parser")] + nio,
      path: "Benchmarks/GatewayBench", swiftSettings: settings),
    .target(name: "Placeholders", dependencies: ["JSON"], path: "Plugins/Placeholders", swiftSettings: settings),
    // What plugins that ask a service have in common; a part of each of their libraries.
    .target(name: "ServiceClient", dependencies: ["PluginSDK", "JSON"], path: "Plugins/ServiceClient", swiftSettings: settings),
    .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: settings),
    .testTarget(name: "MCPTests", dependencies: ["MCP", "JSON"], swiftSettings: settings),
    .testTarget(name: "EgressTests", dependencies: ["Egress"] + nio, swiftSettings: settings),
    .testTarget(
      name: "HostTests", dependencies: ["Host", "Gateway", "JSON", "MCP", "Egress", "RESTServer"] + nio, swiftSettings: settings),
    .testTarget(
      name: "PluginHostTests", dependencies: ["Host", "Gateway", "JSON", "Egress", "PluginABI", "PluginSDK"] + nio,
      exclude: ["BadPlugins", "Prebuilt"], swiftSettings: settings),
    // The plugins themselves are opened as the shared libraries that they are.
    .testTarget(
      name: "PluginTests", dependencies: ["PluginSDK", "PluginTesting", "PluginABI", "JSON", "ServiceClient"], swiftSettings: settings),
  ] + plugins.map(plugin),
  cxxLanguageStandard: .cxx17
)

// The sanitized build is for the tests of the plugin host and what they need, which is one of the plugins.
if Context.environment["SANITIZE"] != nil {
  let unneeded = Set(plugins).subtracting(["KeywordGuardrail"])
  package.products.removeAll { unneeded.contains($0.name) }
  package.targets.removeAll { target in
    (target.type == .test && target.name != "PluginHostTests") || target.name == "GatewayBench" || unneeded.contains(target.name)
  }
}
