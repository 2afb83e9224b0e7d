// swift-tools-version: 6.2
import PackageDescription

// The source of the gateway, for its PluginSDK.
let gateway = Context.environment["SMG"] ?? "{{gateway}}"

let package = Package(
  name: "{{name}}",
  products: [.library(name: "{{Name}}", type: .dynamic, targets: ["{{Name}}"])],
  dependencies: [.package(name: "secure-mcp-gateway", path: gateway)],
  targets: [
    .target(name: "{{Name}}", dependencies: [.product(name: "PluginSDK", package: "secure-mcp-gateway")]),
    .testTarget(
      name: "{{Name}}Tests",
      dependencies: [
        "{{Name}}", .product(name: "PluginSDK", package: "secure-mcp-gateway"),
        .product(name: "PluginTesting", package: "secure-mcp-gateway"),
      ]),
  ])
