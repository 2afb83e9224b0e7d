internal import Glibc

/// A guardrail of a few lines of C, compiled for the occasion against the public header: what a check costs when the plugin itself costs nothing.
enum CGuardrail {
  static let provider = "bench_prefix"
  /// It blocks a text that begins with these words.
  static let blockedPrefix = "block this"

  /// Compiles it into `folder`.
  static func build(folder: String, header: String) throws {
    let path = folder + "/prefix.c"
    let library = folder + "/libBenchPrefix.so"
    try write(source, to: path)
    let arguments = ["-std=c99", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", "-Wl,-z,nodelete", "-I", header, "-o", library, path]
    let compiler = try ServerProcess("/usr/bin/cc", arguments, errors: .file(folder + "/cc.log"))
    while compiler.isRunning { usleep(2000) }
    guard access(library, R_OK) == 0 else { throw BenchError("cc failed: \(SystemText.file(folder + "/cc.log") ?? "")") }
    chmod(library, 0o700)
  }

  private static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw BenchError.system(path) }
    fputs(text, file)
    fclose(file)
  }

  private static let source = """
    #include "smg_plugin.h"
    #include <string.h>
    #define TEXT(s) { (const uint8_t *)(s), sizeof(s) - 1 }
    static void finish(void *self, smg_call call, const void *value, uint32_t size) {
      const smg_host *host = self;
      smg_outcome out = { .size = sizeof out, .status = SMG_OK, .value = value, .value_size = size };
      host->complete(host->ctx, call, &out);
    }
    static void check(void *self, smg_call call, const smg_guard_request *request) {
      static const char words[] = "\(blockedPrefix)";
      smg_verdict verdict = { .size = sizeof verdict, .action = SMG_ALLOW };
      for (size_t i = 0; i < request->segment_count; i++) {
        smg_bytes text = request->segments[i].text;
        if (text.len >= sizeof words - 1 && memcmp(text.ptr, words, sizeof words - 1) == 0) verdict.action = SMG_BLOCK;
      }
      finish(self, call, &verdict, sizeof verdict);
    }
    static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
      (void)config, (void)error;
      *self = (void *)host;
      return SMG_OK;
    }
    static void health(void *self, smg_call call, const smg_context *context) { (void)context; finish(self, call, NULL, 0); }
    static smg_status stop(void *self, uint64_t deadline_ns) { (void)self, (void)deadline_ns; return SMG_OK; }
    static void destroy(void *self) { (void)self; }
    static const smg_guardrail guardrail = { .size = sizeof guardrail, .phases = SMG_PHASE_INPUT | SMG_PHASE_OUTPUT, .check = check };
    static const smg_provider provider = {
      .size = sizeof provider, .kind = SMG_KIND_GUARDRAIL, .flags = SMG_PF_INLINE, .name = "\(provider)",
      .interface_id = SMG_IF_GUARDRAIL, .config_schema = TEXT("{\\"type\\":\\"object\\"}"),
      .create = create, .health = health, .stop = stop, .destroy = destroy, .vtable = &guardrail };
    static const smg_provider *const providers[] = { &provider };
    static const smg_plugin plugin = {
      .size = sizeof plugin, .abi_minor = SMG_ABI_MINOR, .min_host_minor = SMG_ABI_MINOR, .provider_count = 1,
      .id = "bench.prefix", .version = "1.0.0", .vendor = "Benchmark", .license = "Apache-2.0", .providers = providers };
    SMG_EXPORT const smg_plugin *smg_plugin_entry_v0(uint32_t minor) { return minor == SMG_ABI_MINOR ? &plugin : NULL; }

    """
}
