/* The files of `templates`, and the plugin header, as part of the program: clang's #embed puts them here when it compiles. */
#include "smg_templates.h"

#include <string.h>

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wpragmas"
#pragma clang diagnostic ignored "-Wc23-extensions"
#endif

static const unsigned char file_c_Makefile[] = {
#embed "templates/c/Makefile"
};

static const unsigned char file_c_auth_c[] = {
#embed "templates/c/auth.c"
};

static const unsigned char file_c_fake_host_h[] = {
#embed "templates/c/fake_host.h"
};

static const unsigned char file_c_guardrail_c[] = {
#embed "templates/c/guardrail.c"
};

static const unsigned char file_c_plugin_h[] = {
#embed "templates/c/plugin.h"
};

static const unsigned char file_c_telemetry_c[] = {
#embed "templates/c/telemetry.c"
};

static const unsigned char file_c_test_auth_c[] = {
#embed "templates/c/test-auth.c"
};

static const unsigned char file_c_test_guardrail_c[] = {
#embed "templates/c/test-guardrail.c"
};

static const unsigned char file_c_test_telemetry_c[] = {
#embed "templates/c/test-telemetry.c"
};

static const unsigned char file_cpp_Makefile[] = {
#embed "templates/cpp/Makefile"
};

static const unsigned char file_cpp_auth_cpp[] = {
#embed "templates/cpp/auth.cpp"
};

static const unsigned char file_cpp_guardrail_cpp[] = {
#embed "templates/cpp/guardrail.cpp"
};

static const unsigned char file_cpp_plugin_hpp[] = {
#embed "templates/cpp/plugin.hpp"
};

static const unsigned char file_cpp_plugin_map[] = {
#embed "templates/cpp/plugin.map"
};

static const unsigned char file_cpp_telemetry_cpp[] = {
#embed "templates/cpp/telemetry.cpp"
};

static const unsigned char file_rust_Cargo_toml[] = {
#embed "templates/rust/Cargo.toml"
};

static const unsigned char file_rust_abi_rs[] = {
#embed "templates/rust/abi.rs"
};

static const unsigned char file_rust_auth_rs[] = {
#embed "templates/rust/auth.rs"
};

static const unsigned char file_rust_build_rs[] = {
#embed "templates/rust/build.rs"
};

static const unsigned char file_rust_guardrail_rs[] = {
#embed "templates/rust/guardrail.rs"
};

static const unsigned char file_rust_telemetry_rs[] = {
#embed "templates/rust/telemetry.rs"
};

static const unsigned char file_swift_Package_swift[] = {
#embed "templates/swift/Package.swift.in"
};

static const unsigned char file_swift_auth_swift[] = {
#embed "templates/swift/auth.swift.in"
};

static const unsigned char file_swift_guardrail_swift[] = {
#embed "templates/swift/guardrail.swift.in"
};

static const unsigned char file_swift_telemetry_swift[] = {
#embed "templates/swift/telemetry.swift.in"
};

static const unsigned char file_swift_test_auth_swift[] = {
#embed "templates/swift/test-auth.swift.in"
};

static const unsigned char file_swift_test_guardrail_swift[] = {
#embed "templates/swift/test-guardrail.swift.in"
};

static const unsigned char file_swift_test_telemetry_swift[] = {
#embed "templates/swift/test-telemetry.swift.in"
};

static const unsigned char file_README_md[] = {
#embed "templates/README.md"
};

static const unsigned char file_smg_plugin_h[] = {
#embed "../PluginABI/include/smg_plugin.h"
};

#define FILE_OF(name, bytes) { name, bytes, sizeof bytes }
static const smg_template files[] = {
  FILE_OF("c/Makefile", file_c_Makefile),
  FILE_OF("c/auth.c", file_c_auth_c),
  FILE_OF("c/fake_host.h", file_c_fake_host_h),
  FILE_OF("c/guardrail.c", file_c_guardrail_c),
  FILE_OF("c/plugin.h", file_c_plugin_h),
  FILE_OF("c/telemetry.c", file_c_telemetry_c),
  FILE_OF("c/test-auth.c", file_c_test_auth_c),
  FILE_OF("c/test-guardrail.c", file_c_test_guardrail_c),
  FILE_OF("c/test-telemetry.c", file_c_test_telemetry_c),
  FILE_OF("cpp/Makefile", file_cpp_Makefile),
  FILE_OF("cpp/auth.cpp", file_cpp_auth_cpp),
  FILE_OF("cpp/guardrail.cpp", file_cpp_guardrail_cpp),
  FILE_OF("cpp/plugin.hpp", file_cpp_plugin_hpp),
  FILE_OF("cpp/plugin.map", file_cpp_plugin_map),
  FILE_OF("cpp/telemetry.cpp", file_cpp_telemetry_cpp),
  FILE_OF("rust/Cargo.toml", file_rust_Cargo_toml),
  FILE_OF("rust/abi.rs", file_rust_abi_rs),
  FILE_OF("rust/auth.rs", file_rust_auth_rs),
  FILE_OF("rust/build.rs", file_rust_build_rs),
  FILE_OF("rust/guardrail.rs", file_rust_guardrail_rs),
  FILE_OF("rust/telemetry.rs", file_rust_telemetry_rs),
  FILE_OF("swift/Package.swift", file_swift_Package_swift),
  FILE_OF("swift/auth.swift", file_swift_auth_swift),
  FILE_OF("swift/guardrail.swift", file_swift_guardrail_swift),
  FILE_OF("swift/telemetry.swift", file_swift_telemetry_swift),
  FILE_OF("swift/test-auth.swift", file_swift_test_auth_swift),
  FILE_OF("swift/test-guardrail.swift", file_swift_test_guardrail_swift),
  FILE_OF("swift/test-telemetry.swift", file_swift_test_telemetry_swift),
  FILE_OF("README.md", file_README_md),
  FILE_OF("smg_plugin.h", file_smg_plugin_h),
};

const smg_template *smg_template_named(const char *path) {
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    if (strcmp(files[i].path, path) == 0) return &files[i];
  return NULL;
}
