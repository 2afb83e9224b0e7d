/* smg_plugin.h - Secure MCP Gateway plugin ABI, draft major 0. C99, no dependencies; importable by C++, Swift, bindgen, Zig.
 *
 * R0 DRAFT      Major 0 is a draft: host and plugin must have the same minor. Major 1 is frozen when the project says so, once.
 * R1 BORROWING  A pointer, in either direction, is valid until the function it was passed to returns, not until completion. Receivers copy.
 *               Exceptions: everything reachable from smg_plugin is immutable until exit; smg_host and its ctx are valid until exit.
 * R2 OWNERSHIP  None ever crosses. There is no free() and no shared allocator. Variable output goes through complete() or a sink.
 * R3 TEXT       ptr+len, UTF-8, may contain NUL, not terminated. {NULL,0} is empty. `const char *` only for static identifiers.
 * R4 GROWTH     A struct tag carries its version and is frozen once released (Swift uniques imported C types by tag across the whole process:
 *               one tag with two layouts corrupts memory). Structs that begin with `size` grow by a new tag with an identical prefix and a minor
 *               bump; a reader checks `size` before it touches a later field. Structs without `size` are elements of arrays: frozen for the major.
 * R5 ASYNC      Each op that gets a call handle completes it exactly once, inline or later, from any thread, through the host of the instance that
 *               got it. After cancel() completing is optional. Late, double or foreign completions return SMG_E_STALE and do nothing. complete()
 *               only stores the outcome. A host function calls back only through a callback that says "before it returns" (found, fetch's done),
 *               holding no host lock; no other host function does, so a plugin may hold its own locks around it.
 * R6 THREADS    [load] one thread, nothing else running. [any] any thread, concurrently; every op is [any]. By default ops run on a bounded host
 *               pool and may block briefly. SMG_PF_INLINE promises to return within 100 us; only then, and only where the operator trusts it, may
 *               the host call on an event loop. [host] host functions: any thread, from create() on, never waiting unless they say so.
 * R7 FAULTS     No exception, panic or longjmp may cross.
 * R8 CALLBACKS  done (after SMG_OK from start) and fire (after SMG_OK from after) run exactly once each, with SMG_E_CANCELLED after cancel or stop,
 *               on the host's service threads (never those that run ops), concurrently. *id is written before the callback can run and not
 *               touched afterwards; id may be NULL.
 *               start and after refuse with SMG_E_UNAVAILABLE until create() has returned SMG_OK and with SMG_E_CANCELLED once stop() is entered.
 * R9 END        When stop() is entered every open call is finished (completions are STALE), no op, health or cancel is entered any more, and all
 *               pending requests and timers are being cancelled; frames that were inside may still run. stop() ends and joins the plugin's own
 *               threads and does not wait for callbacks. The host delivers every callback still owed, waits until no frame is inside, and then
 *               calls destroy(). stop() is called once.
 * R10 NULLS     Only what is marked SMG_NULLABLE may be NULL. An op that is NULL is not offered: the host answers SMG_E_UNSUPPORTED itself. */
#ifndef SMG_PLUGIN_H
#define SMG_PLUGIN_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
#if defined(__clang__) /* Swift and clang see which pointers may be NULL; other compilers see nothing */
#define SMG_NULLABLE _Nullable
#define SMG_NONNULL _Nonnull /* spelled out only where pointers point to pointers */
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#pragma clang assume_nonnull begin
#else
#define SMG_NULLABLE
#define SMG_NONNULL
#endif
#define SMG_ABI_MAJOR 0u
#define SMG_ABI_MINOR 1u
#define SMG_ENTRY_SYMBOL "smg_plugin_entry_v0" /* the major is in the name; a library may export several */
#if defined(_WIN32)
#define SMG_EXPORT __declspec(dllexport)
#else
#define SMG_EXPORT __attribute__((visibility("default")))
#endif

/* ---- scalars: fixed-width integers, never C enums or bool ---- */
typedef uint64_t smg_call; /* slot + generation, issued by the host */
typedef int32_t smg_status;
#define SMG_OK 0
#define SMG_E_INVALID 1         /* bad argument or configuration */
#define SMG_E_UNSUPPORTED 2
#define SMG_E_UNAUTHENTICATED 3 /* an authoritative "no": never subject to fail-open */
#define SMG_E_FORBIDDEN 4       /* likewise */
#define SMG_E_NOT_FOUND 5
#define SMG_E_TIMEOUT 6
#define SMG_E_CANCELLED 7
#define SMG_E_UNAVAILABLE 8     /* a dependency is down or a queue is full; retryable */
#define SMG_E_INTERNAL 9
#define SMG_E_STALE 10          /* the call was completed, timed out, is another instance's, or never existed */

/* ---- array elements: no size field, frozen for the major ---- */
typedef struct smg_bytes_0_1 { const uint8_t *SMG_NULLABLE ptr; size_t len; } smg_bytes;
typedef struct smg_kv_0_1 { smg_bytes key, value; } smg_kv;
typedef struct smg_kvs_0_1 { const smg_kv *SMG_NULLABLE ptr; size_t len; } smg_kvs;
typedef struct smg_sink_0_1 { void *ctx; void (*write)(void *ctx, smg_bytes chunk); } smg_sink; /* chunks are joined; dead when the call it was given to returns */

/* ---- context of one call ---- */
typedef struct smg_context_0_1 {
  uint32_t size, flags;
  uint64_t deadline_ns;       /* CLOCK_MONOTONIC; 0 = none. The host enforces it whatever the plugin does. */
  smg_bytes request_id, traceparent;
  smg_bytes principal;        /* opaque, stable per authenticated caller; empty before authentication */
  smg_bytes session;          /* opaque, stable per MCP session; in stateless revisions equal to principal */
  smg_bytes project_id, user_id, config_id;
} smg_context;

/* ---- outcome of one call; the host copies before complete() returns ---- */
typedef struct smg_outcome_0_1 {
  uint32_t size;
  smg_status status;
  smg_bytes message;          /* for the operator's log; never shown to MCP clients */
  const void *SMG_NULLABLE value; /* the op's result struct on SMG_OK; smg_refusal on UNAUTHENTICATED/FORBIDDEN; else NULL */
  uint32_t value_size;        /* equal to value's own size field; 0 when NULL */
  uint32_t retry_after_ms;
} smg_outcome;

/* ---- host ---- */
#define SMG_LOG_TRACE 0
#define SMG_LOG_DEBUG 1
#define SMG_LOG_INFO 2
#define SMG_LOG_WARN 3
#define SMG_LOG_ERROR 4
typedef struct smg_host_0_1 {
  uint32_t size, abi_minor;
  void *ctx;                  /* identifies the instance; pass it back to every function */
  smg_status (*complete)(void *ctx, smg_call call, const smg_outcome *out);           /* [host] stores, returns at once */
  void (*log)(void *ctx, uint32_t level, smg_bytes message, smg_kvs fields);          /* [host] dropped inside telemetry emit */
  const void *SMG_NULLABLE (*SMG_NONNULL get_interface)(void *ctx, const char *id);               /* [host] optional services; NULL = absent. Valid until exit; its functions take this ctx */
} smg_host;

#define SMG_METRIC_COUNTER 0u   /* record: adds value; snapshot: cumulative, monotonic */
#define SMG_METRIC_GAUGE 1u
#define SMG_METRIC_HISTOGRAM 2u
#define SMG_HOST_METRICS "smg.host.metrics/0"
typedef struct smg_host_metrics_0_1 {
  uint32_t size, flags;
  void (*record)(void *ctx, uint32_t kind, smg_bytes name, smg_bytes unit, double value, smg_kvs labels);
} smg_host_metrics;

#define SMG_HOST_TIMER "smg.host.timer/0" /* R8; fire gets SMG_OK when due, SMG_E_CANCELLED otherwise */
typedef struct smg_host_timer_0_1 {
  uint32_t size, flags;
  smg_status (*after)(void *ctx, uint64_t delay_ns, void (*fire)(void *SMG_NULLABLE arg, smg_status why), void *SMG_NULLABLE arg, uint64_t *SMG_NULLABLE id);
  smg_status (*cancel)(void *ctx, uint64_t id); /* SMG_OK: fire will get CANCELLED; SMG_E_STALE: it ran, is running or is due */
} smg_host_timer;

#define SMG_HOST_DIRECTORY "smg.host.directory/0" /* auth providers only: the gateway's own keys from an immutable snapshot. May wait when isolated. */
#define SMG_KEY_DISABLED 1u
#define SMG_KEY_EXPIRED 2u
#define SMG_KEY_USER_NOT_IN_PROJECT 4u
#define SMG_KEY_PROJECT_WITHOUT_CONFIG 8u
typedef struct smg_key_record_0_1 { uint32_t size, flags; smg_bytes key_id, project_id, user_id, config_id, role; uint64_t revision; } smg_key_record;
typedef struct smg_host_directory_0_1 {
  uint32_t size, flags;
  /* key: the text the caller presented; the host hashes it. SMG_OK: found ran, before it returned, flags or not. SMG_E_NOT_FOUND: it did not. Inline-safe in process. */
  smg_status (*find_api_key)(void *ctx, smg_bytes key, void (*found)(void *SMG_NULLABLE arg, const smg_key_record *record), void *SMG_NULLABLE arg);
} smg_host_directory;

#define SMG_HOST_HTTP "smg.host.http/0" /* the host's TLS, proxy, egress policy, pooling and tracing; works in a sandboxed runner */
#define SMG_HTTP_2 1u                   /* HTTP/2; over http:// with prior knowledge (gRPC) */
#define SMG_HTTP_NO_TRACE 2u            /* make no span (telemetry exporters) */
typedef struct smg_http_request_0_1 {
  uint32_t size, flags;
  smg_bytes method, url, body;
  smg_kvs headers;
  smg_call call;              /* the op this request serves: parent span, default deadline, and cancelled when that call ends early; 0 = none */
  smg_bytes tls_profile;      /* name of a TLS profile in the binding's egress settings (CA, client certificate, verify); empty = system */
  uint64_t deadline_ns, max_response_bytes; /* 0 = the host's limits. A longer body ends in SMG_E_INVALID. No redirects followed, nothing decoded */
} smg_http_request;
typedef struct smg_http_response_0_1 {
  uint32_t size;
  smg_status status;          /* SMG_OK: an HTTP answer arrived, whatever its code */
  uint32_t code, flags;
  smg_bytes message;          /* why status is not SMG_OK ("egress policy refuses 10.0.0.1"): for the operator's log */
  smg_kvs headers, trailers;  /* names in lower case, repeats kept, in order */
  smg_bytes body;
} smg_http_response;
typedef struct smg_host_http_0_1 {
  uint32_t size, flags;
  /* R8. Anything but SMG_OK: done never runs. The host has copied the request when start returns. */
  smg_status (*start)(void *ctx, const smg_http_request *request, void (*done)(void *SMG_NULLABLE arg, const smg_http_response *response), void *SMG_NULLABLE arg, uint64_t *SMG_NULLABLE id);
  smg_status (*cancel)(void *ctx, uint64_t id); /* SMG_OK: done will get CANCELLED; SMG_E_STALE: it ran, is running or is due */
  smg_status (*fetch)(void *ctx, const smg_http_request *request, void (*done)(void *SMG_NULLABLE arg, const smg_http_response *response), void *SMG_NULLABLE arg); /* waits; done runs before return; never from INLINE ops */
} smg_host_http;

/* ---- what a plugin publishes ---- */
#define SMG_KIND_AUTH 1u
#define SMG_KIND_GUARDRAIL 2u
#define SMG_KIND_TELEMETRY 3u
#define SMG_PF_INLINE 1u     /* every op returns within 100 us for texts up to 64 KiB and never waits */
#define SMG_PF_SERIAL 2u     /* ops, health, done and fire of one instance one at a time; cancel and stop may still overlap them */
#define SMG_PF_NETWORK 4u    /* opens its own sockets: the sandbox must allow it */
typedef struct smg_provider_0_1 {
  uint32_t size, kind, flags, reserved;
  const char *name;           /* what the configuration selects, e.g. "custom_keyword" */
  const char *interface_id;   /* one of SMG_IF_* */
  smg_bytes config_schema;    /* JSON Schema 2020-12; the host validates before create() */
  smg_status (*create)(const smg_host *host, smg_bytes config_json, smg_sink error, void *SMG_NULLABLE *SMG_NONNULL self); /* [any] on the pool, with a deadline; SMG_OK: *self is set, not NULL. Else *self is ignored and stop and destroy are not called */
  void (*health)(void *self, smg_call call, const smg_context *context); /* [any] value NULL: status and message say it all */
  smg_status (*stop)(void *self, uint64_t deadline_ns);    /* [any] R9; synchronous, on a thread of the host. Not SMG_OK in time: the instance is leaked, never destroyed */
  void (*destroy)(void *self);                             /* [any] only after stop returned SMG_OK, no frame is inside and no callback is owed */
  const void *vtable;         /* matches interface_id */
} smg_provider;
typedef struct smg_plugin_0_1 {
  uint32_t size, abi_minor, min_host_minor, provider_count;
  const char *id, *version, *vendor, *license;
  const smg_provider *SMG_NONNULL const *SMG_NONNULL providers;
  const void *SMG_NULLABLE (*SMG_NULLABLE get_interface)(const char *id); /* plugin-level extensions; may be NULL */
} smg_plugin;

/* ---- guardrail ---- */
#define SMG_IF_GUARDRAIL "smg.guardrail/0"
#define SMG_PHASE_INPUT 1u
#define SMG_PHASE_OUTPUT 2u
#define SMG_PHASE_TOOL 4u    /* one tool definition at discovery */
#define SMG_PHASE_SERVER 8u  /* one server's name, description, instructions */
#define SMG_ALLOW 0u
#define SMG_BLOCK 1u
#define SMG_TRANSFORM 2u     /* continue with the replacements applied */
/* What is screened travels as segments: every string of the message (member names and numbers included), decoded, with its place. A plugin judges and
 * rewrites text, never JSON, so no escape can hide a word and no rewrite can break the message. */
#define SMG_SEG_KEY 1u       /* a member name: may be judged, not rewritten */
#define SMG_SEG_NUMBER 2u    /* a number's source text: a replacement turns it into a string */
#define SMG_SEG_BINARY 4u    /* base64 of an image, audio or blob: sent only to providers with SMG_GF_BINARY */
#define SMG_NO_SEGMENT 0xffffffffu /* in a violation: the message as a whole; start and end 0 */
#define SMG_GF_BINARY 1u
#define SMG_STATE_MAX 1048576u /* call_state, session_state: bytes each; more is a malformed verdict */
typedef struct smg_segment_0_1 {
  smg_bytes path;             /* RFC 6901 pointer from the JSON-RPC message's root ("/params/arguments/q"); TOOL, SERVER: from the definition's root */
  smg_bytes text;
  smg_bytes media_type;       /* what the message says the text is (BINARY, embedded resources); empty = unknown */
  uint32_t flags, reserved;
} smg_segment;
typedef struct smg_guard_request_0_1 {
  uint32_t size, phase;
  const smg_context *context;
  smg_bytes surface;          /* "tools/call", "prompts/get", "resources/read", "sampling", "elicitation", "notification", "registration" */
  smg_bytes server, item;     /* item: tool, prompt or resource name */
  smg_bytes policy_json, policy_revision;
  const smg_segment *SMG_NULLABLE segments; size_t segment_count;
  const smg_segment *SMG_NULLABLE original; size_t original_count; /* OUTPUT: the request as the upstream server received it */
  smg_bytes call_state;       /* OUTPUT: verdict.call_state of this call's INPUT phase */
  smg_bytes session_state;    /* this binding's latest stored verdict.session_state for context.session (e.g. the placeholder map); may be an older release's.
                                 If another call of the session stored one meanwhile, a verdict that sets it is dropped and check is called again with the new one */
} smg_guard_request;
typedef struct smg_violation_0_1 {
  smg_bytes category, code, message, evidence_json; /* evidence is for the operator; never sent to the client on output */
  double score;               /* 0 to 1 */
  uint32_t segment, reserved;
  uint64_t start, end;        /* byte offsets in the segment's text */
} smg_violation;
typedef struct smg_replacement_0_1 { uint32_t segment, reserved; smg_bytes text; } smg_replacement;
typedef struct smg_verdict_0_1 {
  uint32_t size, action;
  const smg_violation *SMG_NULLABLE violations; size_t violation_count;
  const smg_replacement *SMG_NULLABLE replacements; size_t replacement_count;
  smg_bytes call_state, session_state; /* opaque, kept by the host (capped, zeroed after use): survive reload and process isolation. Empty session_state = unchanged */
  smg_bytes metadata_json;
} smg_verdict;
typedef struct smg_guardrail_0_1 {
  uint32_t size, phases;      /* SMG_PHASE_* implemented */
  uint32_t flags, reserved;   /* SMG_GF_* */
  void (*check)(void *self, smg_call call, const smg_guard_request *request); /* [any] -> smg_verdict */
  void (*SMG_NULLABLE cancel)(void *self, smg_call call);                     /* a hint; only after the op was entered, perhaps before it returned or after it completed; must not wait */
} smg_guardrail;

/* ---- auth ---- */
#define SMG_IF_AUTH "smg.auth/0"
typedef struct smg_auth_request_0_1 {
  uint32_t size, flags;
  const smg_context *context;
  smg_kvs headers;            /* names in lower case, repeats kept, in order. stdio: the client's configured credentials as if they were headers */
  smg_bytes method, target;   /* HTTP; empty on stdio */
  smg_bytes resource;         /* canonical public URI of this endpoint (RFC 8707): JWT audience, resource_metadata in WWW-Authenticate */
  smg_bytes peer, transport;  /* "203.0.113.7:50211" or "[::1]:50211"; "http" or "stdio" */
} smg_auth_request;
typedef struct smg_identity_0_1 {
  uint32_t size, flags;
  smg_bytes subject, project_id, user_id, config_id, role, claims_json;
  uint64_t ttl_ns;            /* how long the host may reuse this answer; 0 = not at all */
  const smg_bytes *SMG_NULLABLE vary; size_t vary_count; /* lower-case names of the headers the answer depends on: with their values, the cache key. Empty = not cached */
} smg_identity;
typedef struct smg_refusal_0_1 { uint32_t size, flags; smg_bytes code /* AUTH_001 … */, www_authenticate; } smg_refusal;
#define SMG_DOC_UNCHANGED 1u
#define SMG_DOC_HOST 2u      /* use the host's own configuration */
#define SMG_CRED_REFUSED 1u  /* get_credentials: the server refused the previous answer, do not repeat it */
typedef struct smg_document_0_1 { uint32_t size, flags; smg_bytes json, etag; uint64_t ttl_ns; } smg_document;
typedef struct smg_credentials_0_1 { uint32_t size, flags; smg_kvs headers, env; uint64_t ttl_ns; } smg_credentials;
typedef struct smg_auth_0_1 {
  uint32_t size, flags;
  void (*authenticate)(void *self, smg_call call, const smg_auth_request *request);                                                     /* -> smg_identity */
  void (*SMG_NULLABLE fetch_config)(void *self, smg_call call, const smg_context *context, const smg_identity *who, smg_bytes etag);                 /* -> smg_document */
  void (*SMG_NULLABLE get_credentials)(void *self, smg_call call, const smg_context *context, const smg_identity *who, smg_bytes server, uint32_t flags); /* -> smg_credentials, for one upstream */
  void (*SMG_NULLABLE cancel)(void *self, smg_call call); /* as in smg_guardrail */
} smg_auth;

/* ---- telemetry: batches handed over on a host thread of their own, off the request path ---- */
#define SMG_IF_TELEMETRY "smg.telemetry/0"
#define SMG_REC_LOG 1u       /* bits */
#define SMG_REC_SPAN 2u      /* a finished span */
#define SMG_ATTR_STRING 0u   /* str */
#define SMG_ATTR_INT 1u      /* i64 */
#define SMG_ATTR_DOUBLE 2u   /* f64 */
#define SMG_ATTR_BOOL 3u     /* i64: 0 or 1 */
#define SMG_ATTR_JSON 4u     /* str: array or object */
typedef struct smg_attr_0_1 { smg_bytes key; uint32_t type, reserved; smg_bytes str; int64_t i64; double f64; } smg_attr;
typedef struct smg_link_0_1 { uint8_t trace_id[16], span_id[8]; smg_bytes trace_state; uint32_t trace_flags, dropped_attrs; const smg_attr *SMG_NULLABLE attrs; size_t attr_count; } smg_link;
typedef struct smg_event_0_1 { uint64_t time_unix_ns; smg_bytes name; uint32_t dropped_attrs, reserved; const smg_attr *SMG_NULLABLE attrs; size_t attr_count; } smg_event;
typedef struct smg_record_0_1 {
  uint32_t size, kind, severity /* OTel 1-24 */, span_kind /* OTel 1-5 */, span_status /* OTel 0-2 */, trace_flags;
  uint8_t trace_id[16], span_id[8], parent_span_id[8];
  uint64_t time_unix_ns, end_unix_ns;
  smg_bytes name, body;       /* log: event name, text; span: name, status message */
  smg_bytes scope, scope_version, trace_state;
  uint32_t dropped_attrs, dropped_links, dropped_events, reserved;
  const smg_attr *SMG_NULLABLE attrs; size_t attr_count;
  const smg_link *SMG_NULLABLE links; size_t link_count;
  const smg_event *SMG_NULLABLE events; size_t event_count;
} smg_record;
typedef struct smg_point_0_1 {
  const smg_attr *SMG_NULLABLE attrs; size_t attr_count;
  double value;               /* counter, gauge; histogram: sum */
  uint64_t count;
  const uint64_t *SMG_NULLABLE bucket_counts; size_t bucket_count; /* one more than bounds; bounds are inclusive upper edges, counts not summed up */
  double min, max;            /* histogram; NaN = unknown */
} smg_point;
typedef struct smg_metric_0_1 { uint32_t kind /* SMG_METRIC_* */, flags; smg_bytes name, unit, help; const double *SMG_NULLABLE bounds; size_t bound_count; const smg_point *SMG_NULLABLE points; size_t point_count; } smg_metric;
typedef struct smg_snapshot_0_1 { uint32_t size, flags; uint64_t start_unix_ns, time_unix_ns; const smg_metric *SMG_NULLABLE metrics; size_t metric_count; } smg_snapshot;
typedef struct smg_telemetry_0_1 {
  uint32_t size, kinds;       /* SMG_REC_* wanted */
  void (*emit)(void *self, smg_kvs resource, const smg_record *SMG_NONNULL const *SMG_NONNULL records, size_t count); /* never overlaps export_metrics; queue and return; drop when full */
  void (*SMG_NULLABLE export_metrics)(void *self, smg_kvs resource, const smg_snapshot *snapshot);         /* cumulative values, at the configured interval */
  void (*flush)(void *self, smg_call call, const smg_context *context);
} smg_telemetry;

/* Declares and never calls back: no side effects, threads or I/O. NULL = refuses this host. [load] */
SMG_EXPORT const smg_plugin *SMG_NULLABLE smg_plugin_entry_v0(uint32_t host_abi_minor);
typedef const smg_plugin *SMG_NULLABLE (*smg_entry_fn)(uint32_t host_abi_minor);
#if defined(__clang__)
#pragma clang assume_nonnull end
#pragma clang diagnostic pop
#endif
#ifdef __cplusplus
}
#endif
#endif
