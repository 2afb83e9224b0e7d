internal import CPluginTemplates

/// A new plugin as `plugin new` writes it: files with their contents, made of the templates that are compiled in.
package struct PluginProject: Sendable {
  package struct File: Sendable, Hashable {
    /// Relative to the project's folder.
    package let path: String
    package let text: String
  }

  let name: String
  let language: PluginLanguage
  let kind: ProviderKind
  /// Where the gateway's source is, for Swift.
  let gatewaySource: String

  /// - Throws: `toolInvalidArguments` when the name cannot be one of a provider, a file and a module.
  package init(name: String, language: PluginLanguage, kind: ProviderKind, gatewaySource: String = "../secure-mcp-gateway")
    throws(GatewayError)
  {
    let isName = name.utf8.allSatisfy { byte in
      byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
        || byte == UInt8(ascii: "-")
    }
    guard isName, let first = name.utf8.first, first >= UInt8(ascii: "a"), name.utf8.last != UInt8(ascii: "-"), !name.contains("--"),
      name.utf8.count <= Limits.PluginCheck.maxProjectNameBytes
    else {
      throw GatewayError(
        .toolInvalidArguments, "'\(Fields.shown(name))' cannot be the name of a plugin.",
        suggestions: ["Use lower-case letters, digits and single hyphens, beginning with a letter: no-secrets."])
    }
    self.name = name
    self.language = language
    self.kind = kind
    self.gatewaySource = gatewaySource
  }

  /// The library that building it makes, relative to the project's folder.
  package var library: String {
    switch language {
    case .c, .cpp: "lib\(moduleName).so"
    case .rust: "target/release/lib\(moduleName).so"
    case .swift: ".build/release/lib\(moduleName).so"
    }
  }

  package var buildCommand: String {
    switch language {
    case .c, .cpp: "make"
    case .rust: "cargo build --release --offline"
    case .swift: "swift build -c release"
    }
  }

  package var testCommand: String {
    switch language {
    case .c, .cpp: "make test"
    case .rust: "cargo test --offline"
    case .swift: "swift test"
    }
  }

  /// `no-secrets` as a type and a module: `NoSecrets`.
  private var moduleName: String { name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() }

  /// Everything that is written.
  package var files: [File] {
    let kind = kind.rawValue
    let sources: [(path: String, template: String)] =
      switch language {
      case .c:
        [
          ("\(name).c", "c/\(kind).c"), ("plugin.h", "c/plugin.h"), ("test.c", "c/test-\(kind).c"), ("fake_host.h", "c/fake_host.h"),
          ("Makefile", "c/Makefile"), ("smg_plugin.h", "smg_plugin.h"),
        ]
      case .cpp:
        [
          ("\(name).cpp", "cpp/\(kind).cpp"), ("plugin.hpp", "cpp/plugin.hpp"), ("plugin.map", "cpp/plugin.map"),
          ("test.cpp", "c/test-\(kind).c"), ("fake_host.h", "c/fake_host.h"), ("Makefile", "cpp/Makefile"),
          ("smg_plugin.h", "smg_plugin.h"),
        ]
      case .rust:
        [
          ("Cargo.toml", "rust/Cargo.toml"), ("build.rs", "rust/build.rs"), ("src/lib.rs", "rust/\(kind).rs"),
          ("src/abi.rs", "rust/abi.rs"),
          ("smg_plugin.h", "smg_plugin.h"),
        ]
      case .swift:
        [
          ("Package.swift", "swift/Package.swift"), ("Sources/\(moduleName)/\(moduleName).swift", "swift/\(kind).swift"),
          ("Tests/\(moduleName)Tests/\(moduleName)Tests.swift", "swift/test-\(kind).swift"),
        ]
      }
    return (sources + [("README.md", "README.md")]).map { File(path: $0.path, text: filled($0.template)) }
  }

  // MARK: Texts

  private func filled(_ template: String) -> String {
    guard let file = smg_template_named(template) else { preconditionFailure("\(template) is compiled in") }
    let text = String(decoding: UnsafeBufferPointer(start: file.pointee.bytes, count: file.pointee.size), as: UTF8.self)
    // The header is the header.
    guard template != "smg_plugin.h" else { return text }
    return words.reduce(text) { $0.replacing("{{\($1.key)}}", with: $1.value) }
  }

  private var words: [(key: String, value: String)] {
    [
      // Those that hold words themselves come first.
      ("binding", binding), ("files", fileTable), ("purpose", purpose), ("remark", remark),
      ("name", name), ("Name", moduleName), ("id", "dev.example.\(name)"), ("kind", kind.rawValue), ("crate", name),
      ("library", library), ("build", buildCommand), ("test", testCommand), ("gateway", gatewaySource),
    ]
  }

  private var purpose: String {
    switch kind {
    case .guardrail: "it blocks every message with a text longer than `max_bytes`."
    case .auth: "it knows one caller, by a bearer token of the configuration."
    case .telemetry: "it writes a line for each log record and span to a file."
    }
  }

  private var binding: String {
    switch kind {
    case .guardrail: #"  "guardrails": [{"name": "{{name}}", "provider": "{{name}}", "config": {"max_bytes": 4096}}]"#
    case .auth:
      #"  "auth": {"provider": "{{name}}", "config": {"token": "${env:{{name}}_TOKEN}", "config_id": "the id of an entry of mcp_configs"}}"#
        .replacing("{{name}}_TOKEN", with: name.uppercased().replacing("-", with: "_") + "_TOKEN")
    case .telemetry: #"  "telemetry": [{"provider": "{{name}}", "mode": "in_process", "config": {"path": "/var/log/{{name}}.log"}}]"#
    }
  }

  private var remark: String {
    let source = language == .swift ? " `Package.swift` looks for the gateway's source in `$SMG`, or else in `{{gateway}}`." : ""
    let word =
      switch kind {
      case .guardrail: "A policy names it as its `provider`, or leaves that out and asks every guardrail."
      case .auth: ""
      case .telemetry:
        "`mode` is there because it writes a file, which a plugin in a process of its own may not; one that sends over HTTP needs none."
      }
    return word + source
  }

  private var fileTable: String {
    let rows: [(String, String)] =
      switch language {
      case .c:
        [("{{name}}.c", "the plugin"), ("plugin.h", "what is of use to any plugin in C"), ("test.c, fake_host.h", "its tests")]
      case .cpp:
        [("{{name}}.cpp", "the plugin"), ("plugin.hpp", "what is of use to any plugin in C++"), ("test.cpp, fake_host.h", "its tests")]
      case .rust: [("src/lib.rs", "the plugin and its tests"), ("src/abi.rs", "`smg_plugin.h` in Rust, and a host for tests")]
      case .swift: [("Sources", "the plugin, on PluginSDK"), ("Tests", "its tests, on PluginTesting")]
      }
    return "| | |\n|---|---|\n" + rows.map { "| `\($0.0)` | \($0.1) |" }.joined(separator: "\n")
  }
}
