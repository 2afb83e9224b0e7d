// swift-tools-version: 6.2
import PackageDescription

// The source of the gateway, for its PluginSDK.
let gateway = Context.environment["SMG"] ?? "../../.."

let package = Package(
  name: "length-swift",
  products: [.library(name: "LengthSwift", type: .dynamic, targets: ["LengthSwift"])],
  dependencies: [.package(name: "secure-mcp-gateway", path: gateway)],
  targets: [
    .target(name: "LengthSwift", dependencies: [.product(name: "PluginSDK", package: "secure-mcp-gateway")]),
    .testTarget(
      name: "LengthSwiftTests",
      dependencies: [
        "LengthSwift", .product(name: "PluginSDK", package: "secure-mcp-gateway"),
        .product(name: "PluginTesting", package: "secure-mcp-gateway"),
      ]),
  ])
