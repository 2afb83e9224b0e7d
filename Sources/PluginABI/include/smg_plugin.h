/*
 * smg_plugin.h - the plugin ABI of the Secure MCP Gateway. Draft of major version 0.
 *
 * The gateway asks shared libraries three questions: who is calling (auth), may this message pass (guardrail), and
 * where do logs, spans and metrics go (telemetry). This header is the whole contract between the gateway, called the
 * host, and such a library, called a plugin. It is plain C99 without dependencies and can be used from C, C++, Swift,
 * Rust (bindgen), Zig and whatever else speaks C.
 *
 * A plugin exports one function, smg_plugin_entry_v0. It returns a table that names the plugin and its providers. The
 * configuration selects a provider by name; the host then creates an instance of it, calls the instance's operations,
 * and ends it when the configuration changes. A complete guardrail in C stands at the end of this file, with how to build,
 * check and use it. The functions of an instance are called in this order: create(); then operations and health(), from
 * several threads; stop(); destroy(). Several instances of one provider may live at once.
 *
 *
 * RULES
 *
 * R0  Draft. Major 0 may still change: host and plugin must have been built with the same SMG_ABI_MINOR. Major 1 will
 *     be frozen once, on purpose, after all three kinds of provider have been built on the draft.
 *
 * R1  Borrowing. A pointer, in either direction, is valid until the function that it was passed to returns, not until
 *     the operation completes. Who wants to keep the bytes copies them. Two exceptions: everything that is reachable
 *     from the smg_plugin table is immutable and stays until the process ends, and so do a smg_host and its ctx.
 *
 * R2  Ownership. None ever crosses the boundary. There is no free function and no shared allocator; what one side
 *     allocates only that side frees. Output of variable size goes through complete() or through a sink.
 *
 * R3  Text. Pointer and length; UTF-8; may contain NUL and is not terminated. {NULL, 0} is the empty text. A
 *     `const char *` appears only for static identifiers, and those are NUL-terminated ASCII.
 *
 * R4  Growth. A structure's tag carries the version that released it and its layout is frozen with it, because Swift
 *     knows imported C types by tag across the whole process: one tag with two layouts corrupts memory. A structure that
 *     begins with `size` grows by a new tag with the same prefix and by a new minor; its writer sets `size` to what it
 *     wrote, and a reader looks at `size` before it touches a field that a smaller structure would not have. Structures
 *     without `size` stand in arrays and are frozen for the major. `flags` bits that this header does not define, and
 *     `reserved`, are written as 0 and ignored by readers. A plugin treats a value from the host that it does not know
 *     as nothing to do.
 *
 * R5  Asynchrony. An operation that receives a smg_call completes it exactly once: before it returns or later, from any
 *     thread, through the host of the instance that received it. After cancel() completing is optional. A completion
 *     that comes too late, twice or from another instance returns SMG_E_STALE and does nothing. complete() stores the
 *     outcome and returns; it never calls back into the plugin. No other host function does either, except those with a
 *     callback that says "before it returns", and they hold no lock of the host meanwhile. So a plugin may call any
 *     host function with its own locks held.
 *
 * R6  Threads. Each function's comment ends in a tag. [load]: one thread, nothing else of the plugin running. [any]: any
 *     thread, several at once. [host]: a function of the host, callable from any thread from create() on, and it does
 *     not wait unless its comment says so. Operations run on a bounded pool where waiting briefly is allowed.
 *     A provider with SMG_PF_INLINE promises to return within 100 microseconds; only then, and only if the operator
 *     trusts it, may the host call it on a thread that serves connections.
 *
 * R7  Faults. No exception, panic or longjmp crosses the boundary in either direction.
 *
 * R8  Callbacks. `done` (after start() returned SMG_OK) and `fire` (after after() returned SMG_OK) run exactly once
 *     each, with SMG_E_CANCELLED after cancel() or stop(). They run on service threads of the host, never on those that
 *     run operations, and may overlap each other. *id is written before the callback can run and not touched afterwards.
 *     start() and after() answer SMG_E_UNAVAILABLE until create() has returned SMG_OK, and SMG_E_CANCELLED once stop()
 *     has been entered.
 *
 * R9  The end. When stop() is entered every open call has been finished by the host, so that completions are stale; no
 *     operation, health or cancel is entered any more; pending requests and timers are being cancelled. Functions that
 *     were inside may still run. stop() ends and joins the threads of the plugin itself and waits for no callback. Then
 *     the host delivers every callback that it still owes, waits until no function of the instance is inside, and calls
 *     destroy(). stop() is called once. The library itself is never unloaded.
 *
 * R10 Null. Only what is marked SMG_NULLABLE may be NULL. An operation that is NULL is not offered; the host answers
 *     SMG_E_UNSUPPORTED in its place.
 *
 * R11 The process. It belongs to the host. A plugin changes no signal handlers, working directory, file mode mask, locale or
 *     environment variables, starts no child processes, does not end the process, and leaves the descriptors 0 to 2 alone:
 *     standard output may carry the protocol. Logs go through smg_host.log.
 */
#ifndef SMG_PLUGIN_H
#define SMG_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Clang and Swift read from these which pointers may be NULL; other compilers see nothing. */
#if defined(__clang__)
#define SMG_NULLABLE _Nullable
#define SMG_NONNULL _Nonnull /* the default; written out only where a pointer points to a pointer */
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#pragma clang assume_nonnull begin
#else
#define SMG_NULLABLE
#define SMG_NONNULL
#endif

/* The version of this header. The major is also in the name of the entry symbol; a library may export several. */
#define SMG_ABI_MAJOR 0u
#define SMG_ABI_MINOR 1u

/* The one symbol that a plugin exports. */
#define SMG_ENTRY_SYMBOL "smg_plugin_entry_v0"

/* Put before the entry function; build everything else with hidden visibility. */
#if defined(_WIN32)
#define SMG_EXPORT __declspec(dllexport)
#else
#define SMG_EXPORT __attribute__((visibility("default")))
#endif


/* ---- Scalars -------------------------------------------------------------------------------------------------------
 * Integers of fixed width; never C enums, never bool. Times are nanoseconds unless the name says otherwise: `deadline_ns`
 * is a moment of CLOCK_MONOTONIC, 0 meaning none; `*_unix_ns` counts from 1970-01-01T00:00:00Z.
 */

/* One open call. A number, not a pointer: the host issues it, and a wrong or old one is recognised and harmless. */
typedef uint64_t smg_call;

/* How something ended. */
typedef int32_t smg_status;

#define SMG_OK 0
#define SMG_E_INVALID 1         /* a bad argument or a bad configuration */
#define SMG_E_UNSUPPORTED 2     /* not offered by the other side */
#define SMG_E_UNAUTHENTICATED 3 /* auth only: no valid credentials. An authoritative "no", never subject to a fail policy */
#define SMG_E_FORBIDDEN 4       /* auth only: valid credentials that do not reach this. Likewise */
#define SMG_E_NOT_FOUND 5       /* there is no such thing */
#define SMG_E_TIMEOUT 6         /* the time was over */
#define SMG_E_CANCELLED 7       /* ended on purpose before it was done */
#define SMG_E_UNAVAILABLE 8     /* a dependency is down or a queue is full; trying again may help */
#define SMG_E_INTERNAL 9        /* a fault of the plugin or the host itself */
#define SMG_E_STALE 10          /* the call was completed, timed out, belongs to another instance or never existed */


/* ---- Bytes, pairs, sinks: elements of arrays, frozen for the major -------------------------------------------------- */

/* Bytes of somebody else, or UTF-8 text (R1, R3). */
typedef struct smg_bytes_0_1 {
  const uint8_t *SMG_NULLABLE ptr; /* may be NULL only if len is 0 */
  size_t len;                      /* bytes */
} smg_bytes;

/* A name with its text: a header, a label, a log field, a resource attribute. */
typedef struct smg_kv_0_1 {
  smg_bytes key;
  smg_bytes value;
} smg_kv;

/* A list of pairs. Order is kept and names may repeat. */
typedef struct smg_kvs_0_1 {
  const smg_kv *SMG_NULLABLE ptr; /* may be NULL only if len is 0 */
  size_t len;                     /* pairs */
} smg_kvs;

/* Takes text of any length, in pieces that are joined. Dead when the function that it was given to returns. */
typedef struct smg_sink_0_1 {
  void *ctx;                                 /* passed back to write */
  void (*write)(void *ctx, smg_bytes chunk); /* appends a piece; the host keeps the first few KiB. Only on the calling thread. [host] */
} smg_sink;


/* ---- The context of one call --------------------------------------------------------------------------------------- */

/* Whose call this is and how long it may take. Written by the host. */
typedef struct smg_context_0_1 {
  uint32_t size;
  uint32_t flags;        /* none defined */
  uint64_t deadline_ns;  /* CLOCK_MONOTONIC; 0 = none. The host enforces it whatever the plugin does */
  smg_bytes request_id;  /* the gateway's own id of the request, for logs */
  smg_bytes traceparent; /* W3C trace context of the span that the call belongs to; empty = not traced */
  smg_bytes principal;   /* opaque and stable per authenticated caller; empty before authentication */
  smg_bytes session;     /* opaque and stable per MCP session; equal to principal where the protocol has no sessions */
  smg_bytes project_id;  /* of the caller; these three are empty before authentication */
  smg_bytes user_id;
  smg_bytes config_id;
} smg_context;


/* ---- The outcome of one call --------------------------------------------------------------------------------------- */

/* Written by the plugin; the host copies all of it before complete() returns. */
typedef struct smg_outcome_0_1 {
  uint32_t size;
  smg_status status;
  smg_bytes message;              /* On a failure: for the operator's log, never shown to an MCP client. With UNAUTHENTICATED and
                                     FORBIDDEN: a sentence that the caller may read. Never a credential in either */
  const void *SMG_NULLABLE value; /* on SMG_OK the operation's result structure, where it has one; on UNAUTHENTICATED and FORBIDDEN a
                                     smg_refusal; else NULL */
  uint32_t value_size;            /* equal to the first field of *value, its size; 0 when value is NULL */
  uint32_t retry_after_ms;        /* milliseconds after which trying again may help; 0 = unknown */
} smg_outcome;


/* ---- The host ------------------------------------------------------------------------------------------------------ */

/* Severities of smg_host.log. */
#define SMG_LOG_TRACE 0
#define SMG_LOG_DEBUG 1
#define SMG_LOG_INFO 2
#define SMG_LOG_WARN 3
#define SMG_LOG_ERROR 4

/* What every instance gets: its own host table. Valid until the process ends, also after destroy (R1). */
typedef struct smg_host_0_1 {
  uint32_t size;
  uint32_t abi_minor; /* SMG_ABI_MINOR of the host */
  void *ctx;          /* identifies the instance; goes back into every function below and of every service */

  /* Completes a call (R5). SMG_OK: stored. SMG_E_STALE: the host no longer waits for it. SMG_E_INVALID: the outcome is
     malformed, and the call has been finished as failed. [host] */
  smg_status (*complete)(void *ctx, smg_call call, const smg_outcome *out);

  /* Writes to the gateway's log under the plugin's name. Unknown levels count as SMG_LOG_ERROR. Dropped when the log is
     full, and inside a telemetry provider's emit and export_metrics, so that no record makes another. No secrets. [host] */
  void (*log)(void *ctx, uint32_t level, smg_bytes message, smg_kvs fields);

  /* An optional service by id, one of SMG_HOST_*; NULL when this host does not offer it to this provider. What it returns
     is a table that begins with its size, valid until the process ends; its functions take this table's ctx. [host] */
  const void *SMG_NULLABLE (*SMG_NONNULL get_interface)(void *ctx, const char *id);
} smg_host;

/* Kinds of instrument. */
#define SMG_METRIC_COUNTER 0u   /* record() adds the value, which is not negative; in a snapshot: cumulative, monotonic */
#define SMG_METRIC_GAUGE 1u     /* record() sets the value */
#define SMG_METRIC_HISTOGRAM 2u /* record() counts the value in its bucket */

/* Service: instruments of the gateway. */
#define SMG_HOST_METRICS "smg.host.metrics/0"
typedef struct smg_host_metrics_0_1 {
  uint32_t size;
  uint32_t flags; /* none defined */

  /* Records one value. `unit` is UCUM ("s", "By", "1"). Each combination of labels is a series of its own, and the host
     bounds their number: what is beyond it is dropped and counted. [host] */
  void (*record)(void *ctx, uint32_t kind, smg_bytes name, smg_bytes unit, double value, smg_kvs labels);
} smg_host_metrics;

/* Service: timers (R8). */
#define SMG_HOST_TIMER "smg.host.timer/0"
typedef struct smg_host_timer_0_1 {
  uint32_t size;
  uint32_t flags; /* none defined */

  /* Calls fire once after delay_ns nanoseconds: with SMG_OK when due, with SMG_E_CANCELLED otherwise. Anything but SMG_OK
     from after() means that fire never runs; SMG_E_UNAVAILABLE also when the instance has too many timers. [host] */
  smg_status (*after)(void *ctx, uint64_t delay_ns, void (*fire)(void *SMG_NULLABLE arg, smg_status why), void *SMG_NULLABLE arg,
                      uint64_t *SMG_NULLABLE id);

  /* SMG_OK: fire will get SMG_E_CANCELLED. SMG_E_STALE: it ran, is running or is due. [host] */
  smg_status (*cancel)(void *ctx, uint64_t id);
} smg_host_timer;

/* Why a key that exists must be refused: bits of smg_key_record.flags. */
#define SMG_KEY_DISABLED 1u               /* switched off by an administrator */
#define SMG_KEY_EXPIRED 2u                /* its time is over */
#define SMG_KEY_USER_NOT_IN_PROJECT 4u    /* its user does not exist or is not a member of its project */
#define SMG_KEY_PROJECT_WITHOUT_CONFIG 8u /* its project does not exist or names no MCP configuration */

/* What the gateway knows about one of its API keys; never the key itself. Written by the host. */
typedef struct smg_key_record_0_1 {
  uint32_t size;
  uint32_t flags;       /* SMG_KEY_*; 0 = the key may be used */
  smg_bytes key_id;     /* names the key in logs */
  smg_bytes project_id; /* empty = none; so the next two */
  smg_bytes user_id;
  smg_bytes config_id;  /* the project's MCP configuration */
  smg_bytes role;       /* of the user in the project; may be empty */
  uint64_t revision;    /* of the directory; grows with every change */
} smg_key_record;

/* Service: the gateway's own API keys, an immutable snapshot. Offered to auth providers only. */
#define SMG_HOST_DIRECTORY "smg.host.directory/0"
typedef struct smg_host_directory_0_1 {
  uint32_t size;
  uint32_t flags; /* none defined */

  /* Looks up `key`, the text that a caller presented. The host hashes it, so the time taken tells nothing about keys that
     exist. SMG_OK: found was called, once, before this returned, whatever the record's flags say. SMG_E_NOT_FOUND: there is
     no such key and found was not called. Never waits in process; may wait for a round trip when the plugin is isolated. [host] */
  smg_status (*find_api_key)(void *ctx, smg_bytes key, void (*found)(void *SMG_NULLABLE arg, const smg_key_record *record),
                             void *SMG_NULLABLE arg);
} smg_host_directory;

/* Bits of smg_http_request.flags. */
#define SMG_HTTP_2 1u        /* HTTP/2; over http:// with prior knowledge (gRPC). Without it the host chooses */
#define SMG_HTTP_NO_TRACE 2u /* make no span for it (telemetry exporters) */

/* One outgoing request. Written by the plugin; the host has copied all of it when start() returns. */
typedef struct smg_http_request_0_1 {
  uint32_t size;
  uint32_t flags;              /* SMG_HTTP_* */
  smg_bytes method;            /* "POST", in the case that the server expects; CONNECT and TRACE are refused */
  smg_bytes url;               /* absolute, http or https, percent-encoded, without user name and password. The binding's egress settings
                                  decide whether its address may be reached; without any, only public addresses may */
  smg_bytes body;              /* empty = none */
  smg_kvs headers;             /* sent in order, repeats kept. Host, Content-Length and what belongs to the connection are the host's */
  smg_call call;               /* the open call of this instance that the request serves: parent span, default deadline, latest deadline, and
                                  the request is cancelled when the host ends that call; 0 = none */
  smg_bytes tls_profile;       /* a TLS profile of the binding's egress settings (authorities, client certificate); empty = the system's */
  uint64_t deadline_ns;        /* CLOCK_MONOTONIC; the whole answer must have arrived by then. 0 = that of `call`, else the host's default */
  uint64_t max_response_bytes; /* a longer body ends in SMG_E_INVALID; 0 = the host's limit, which is also the most */
} smg_http_request;

/* What came back. Redirects are not followed and nothing is decoded. Written by the host. */
typedef struct smg_http_response_0_1 {
  uint32_t size;
  smg_status status; /* SMG_OK: a whole HTTP answer arrived, whatever its code.
                        SMG_E_INVALID: the request is not acceptable, the egress policy refuses the address, there is no such TLS
                        profile, or the answer is larger than it may be.
                        SMG_E_TIMEOUT: it was not all there by the deadline.
                        SMG_E_CANCELLED: cancel(), the end of `call` or stop() came first.
                        SMG_E_UNAVAILABLE: no connection, no TLS, no proper answer, or too much is under way already.
                        Unless it is SMG_OK, the server may have seen the request or not. */
  uint32_t code;     /* of HTTP; 0 unless status is SMG_OK */
  uint32_t flags;    /* none defined */
  smg_bytes message; /* why status is not SMG_OK ("the egress policy refuses ..."), for the operator's log. Names hosts and addresses,
                        never a path, a header or a body */
  smg_kvs headers;   /* names in lower case, repeats kept, in order */
  smg_kvs trailers;  /* likewise */
  smg_bytes body;
} smg_http_response;

/* Service: HTTP with the host's TLS, proxy, egress policy, connection pool and tracing. Works in a sandbox without sockets. */
#define SMG_HOST_HTTP "smg.host.http/0"
typedef struct smg_host_http_0_1 {
  uint32_t size;
  uint32_t flags; /* none defined */

  /* Sends a request; done gets the response (R8). Anything but SMG_OK means that done never runs: SMG_E_INVALID for a structure
     that is malformed or beyond the host's bounds, SMG_E_STALE when `call` is not an open call of this instance, SMG_E_TIMEOUT when
     the deadline has passed, SMG_E_UNAVAILABLE when the instance has too many requests open, and what R8 says. [host] */
  smg_status (*start)(void *ctx, const smg_http_request *request,
                      void (*done)(void *SMG_NULLABLE arg, const smg_http_response *response), void *SMG_NULLABLE arg,
                      uint64_t *SMG_NULLABLE id);

  /* SMG_OK: done will get SMG_E_CANCELLED. SMG_E_STALE: it ran, is running or is due. [host] */
  smg_status (*cancel)(void *ctx, uint64_t id);

  /* Sends a request and waits; done runs before it returns, on the same thread. Anything but SMG_OK means that done did not run,
     for the reasons of start(). SMG_E_UNSUPPORTED: the provider has SMG_PF_INLINE, which promises never to wait. [host, waits] */
  smg_status (*fetch)(void *ctx, const smg_http_request *request,
                      void (*done)(void *SMG_NULLABLE arg, const smg_http_response *response), void *SMG_NULLABLE arg);
} smg_host_http;


/* ---- What a plugin publishes --------------------------------------------------------------------------------------- */

/* Kinds of provider. */
#define SMG_KIND_AUTH 1u
#define SMG_KIND_GUARDRAIL 2u
#define SMG_KIND_TELEMETRY 3u

/* Promises of a provider: bits of smg_provider.flags. */
#define SMG_PF_INLINE 1u  /* every operation returns within 100 microseconds for texts up to 64 KiB and never waits */
#define SMG_PF_SERIAL 2u  /* operations, health, done and fire of one instance must run one at a time; cancel and stop may
                             still overlap them */
#define SMG_PF_NETWORK 4u /* opens sockets of its own, so a sandbox must allow it */

/* One provider: how to make, judge and end an instance, and where its operations are. Immutable (R1). */
typedef struct smg_provider_0_1 {
  uint32_t size;
  uint32_t kind;            /* SMG_KIND_* */
  uint32_t flags;           /* SMG_PF_* */
  uint32_t reserved;
  const char *name;         /* what the configuration selects, e.g. "custom_keyword" */
  const char *interface_id; /* SMG_IF_* that vtable implements; agrees with kind */
  smg_bytes config_schema;  /* a JSON Schema (2020-12) for the configuration; the host validates before it calls create */

  /* Makes an instance. config_json is one JSON object, valid against config_schema, with the secrets that it names filled
     in: do not log it. SMG_OK: *self is set, not NULL, and is what every function below gets. Anything else: *self is
     ignored, stop and destroy are not called, and what was written to `error` tells the operator why. Runs on the pool with a
     deadline of the host's. The host must not be called for timers or requests before it has returned (R8). [any] */
  smg_status (*create)(const smg_host *host, smg_bytes config_json, smg_sink error, void *SMG_NULLABLE *SMG_NONNULL self);

  /* Whether the instance can work at this moment. Completes with SMG_OK or a failure whose message says what is wrong; no
     value. Asked before the instance gets traffic and then at an interval. [any] */
  void (*health)(void *self, smg_call call, const smg_context *context);

  /* R9. Waits for the plugin's own threads, on a thread of the host that may wait, until deadline_ns (CLOCK_MONOTONIC,
     0 = none). Anything but SMG_OK, or no answer in time: the instance is given up, leaked and never destroyed. [any] */
  smg_status (*stop)(void *self, uint64_t deadline_ns);

  /* Releases the instance; nothing of it is called any more. Only after stop has returned SMG_OK (R9). [any] */
  void (*destroy)(void *self);

  const void *vtable; /* a smg_guardrail, smg_auth or smg_telemetry, as interface_id says */
} smg_provider;

/* The plugin. Immutable (R1). */
typedef struct smg_plugin_0_1 {
  uint32_t size;
  uint32_t abi_minor;      /* SMG_ABI_MINOR of the header that it was built with */
  uint32_t min_host_minor; /* the oldest host that it works with; in the draft equal to abi_minor (R0) */
  uint32_t provider_count; /* at least 1 */
  const char *id;          /* a name that nobody else uses: a reversed domain, e.g. "dev.example.keyword" */
  const char *version;     /* of the plugin, e.g. "1.4.2" */
  const char *vendor;      /* who publishes it */
  const char *license;     /* an SPDX expression */
  const smg_provider *SMG_NONNULL const *SMG_NONNULL providers; /* provider_count of them; names differ within a kind */

  /* Extensions of the plugin as a whole, by id; may be NULL. None are defined. [any] */
  const void *SMG_NULLABLE (*SMG_NULLABLE get_interface)(const char *id);
} smg_plugin;


/* ---- Guardrails ----------------------------------------------------------------------------------------------------
 * What is judged travels as segments: every string of the message, member names and numbers included, decoded, each with
 * its place. A plugin judges and rewrites text, never JSON: no escape can hide a word from it, and no rewrite of its can
 * break the message.
 */
#define SMG_IF_GUARDRAIL "smg.guardrail/0"

/* Where in a call's life a message is judged. A request has exactly one; smg_guardrail.phases may have several. */
#define SMG_PHASE_INPUT 1u  /* on its way to the server */
#define SMG_PHASE_OUTPUT 2u /* on its way back */
#define SMG_PHASE_TOOL 4u   /* one tool's definition, at discovery */
#define SMG_PHASE_SERVER 8u /* one server's name, description and instructions */
#define SMG_PHASE_RESTORE 16u /* what all guardrails have let pass, on its way to the caller whose values INPUT took out: they are put
                                 back. Nothing is judged any more. policy_json is that of the way to the server. Asked only of
                                 providers that left a state. One that has this phase carries out "pii_redaction" of policies */

/* What a verdict decides. */
#define SMG_ALLOW 0u     /* continue unchanged */
#define SMG_BLOCK 1u     /* stop here; never overridden by a fail policy */
#define SMG_TRANSFORM 2u /* continue with the replacements applied; at least one is required */

/* What a segment is: bits of smg_segment.flags; 0 = an ordinary string value. */
#define SMG_SEG_KEY 1u    /* a member name: may be judged, not rewritten */
#define SMG_SEG_NUMBER 2u /* a number's source text: a replacement turns it into a string */
#define SMG_SEG_BINARY 4u /* base64 of an image, audio or blob; sent only to providers with SMG_GF_BINARY */
#define SMG_SEG_NESTED 8u /* a text that stands in the text of an earlier segment, which is JSON once more or has escapes of
                             JSON in it, without those escapes. May be replaced like any other; when the earlier one is
                             replaced too, this one goes first and check is called again */

/* smg_violation.segment: the message as a whole; start and end are then 0. */
#define SMG_NO_SEGMENT 0xffffffffu

/* Bits of smg_guardrail.flags. */
#define SMG_GF_BINARY 1u         /* wants segments with SMG_SEG_BINARY too */
/* Members of a policy's additional_config that check carries out. The host refuses a configuration with an enabled policy that
   asks for one when none of the policy's guardrails has its bit. */
#define SMG_GF_RELEVANCY 2u      /* relevancy, relevancy_threshold: whether an answer fits its question (OUTPUT) */
#define SMG_GF_ADHERENCE 4u      /* adherence, adherence_threshold: whether an answer keeps to its context (OUTPUT) */
#define SMG_GF_HALLUCINATION 8u  /* hallucination: whether an answer is made up (OUTPUT) */
#define SMG_GF_TOPIC 16u         /* topic: texts about one of these subjects are blocked */
#define SMG_GF_CUSTOM 32u        /* custom: detectors by name, each with its own parameters */

/* The most bytes that call_state and session_state may have, each; more is a malformed verdict. */
#define SMG_STATE_MAX 1048576u

/* One text of the message. An element of an array, frozen for the major. */
typedef struct smg_segment_0_1 {
  smg_bytes path;       /* an RFC 6901 pointer from the root of the JSON-RPC message ("/params/arguments/q"), in the phases TOOL
                           and SERVER from the root of the definition */
  smg_bytes text;       /* decoded */
  smg_bytes media_type; /* what the message says the text is (embedded resources, binary); empty = it does not say */
  uint32_t flags;       /* SMG_SEG_* */
  uint32_t reserved;
} smg_segment;

/* One message to judge. Written by the host. */
typedef struct smg_guard_request_0_1 {
  uint32_t size;
  uint32_t phase;             /* one of SMG_PHASE_*; for one that it does not implement a provider answers SMG_ALLOW */
  const smg_context *context;
  smg_bytes surface;          /* "tools/call", "prompts/get", "resources/read", "sampling", "elicitation", "notification",
                                 "registration" */
  smg_bytes server;           /* the upstream server, by its configured name */
  smg_bytes item;             /* the tool, prompt or resource */
  smg_bytes policy_json;      /* the policy object of the configuration for this server and direction; empty = none */
  smg_bytes policy_revision;  /* changes with policy_json: a key for what was derived from it */
  const smg_segment *SMG_NULLABLE segments; /* in document order */
  size_t segment_count;
  const smg_segment *SMG_NULLABLE original; /* OUTPUT: the request as the server received it; else none */
  size_t original_count;
  smg_bytes call_state;       /* OUTPUT, RESTORE: verdict.call_state of this call's INPUT phase. INPUT of something that the client
                                 says while its call runs: likewise */
  smg_bytes session_state;    /* the verdict.session_state that this binding stored last for context.session, for instance a map of
                                 placeholders; may be an older release's. If another call of the session stored one meanwhile, a
                                 verdict that sets it is dropped and check is called again with the newer one */
} smg_guard_request;

/* One thing that was found. An element of an array, frozen for the major. */
typedef struct smg_violation_0_1 {
  smg_bytes category;      /* the detector in the configuration's words: "keyword_detector", "pii", "injection_attack" */
  smg_bytes code;          /* stable within the category */
  smg_bytes message;       /* one sentence; may be shown to the MCP client */
  smg_bytes evidence_json; /* a JSON object for the operator; never sent to the client on output; empty = none */
  double score;            /* 0 to 1 */
  uint32_t segment;        /* index into the request's segments, or SMG_NO_SEGMENT */
  uint32_t reserved;
  uint64_t start;          /* byte offsets in the segment's text, start <= end */
  uint64_t end;
} smg_violation;

/* A new text for one segment. An element of an array, frozen for the major. At most one for each segment. */
typedef struct smg_replacement_0_1 {
  uint32_t segment; /* index into the request's segments */
  uint32_t reserved;
  smg_bytes text;   /* valid UTF-8 */
} smg_replacement;

/* The result of check. Written by the plugin. */
typedef struct smg_verdict_0_1 {
  uint32_t size;
  uint32_t action;                              /* SMG_ALLOW, SMG_BLOCK or SMG_TRANSFORM */
  const smg_violation *SMG_NULLABLE violations; /* allowed with every action */
  size_t violation_count;
  const smg_replacement *SMG_NULLABLE replacements; /* only with SMG_TRANSFORM */
  size_t replacement_count;
  smg_bytes call_state;    /* opaque; from INPUT; kept by the host for the later phases of this call, then overwritten with zeros. At most SMG_STATE_MAX */
  smg_bytes session_state; /* opaque; kept for the session, across reload and process isolation, then overwritten with zeros; empty = unchanged. At
                              most SMG_STATE_MAX */
  smg_bytes metadata_json; /* a JSON object for the operator; empty = none */
} smg_verdict;

/* The vtable of a guardrail. */
typedef struct smg_guardrail_0_1 {
  uint32_t size;
  uint32_t phases; /* SMG_PHASE_* that check implements; others are not sent */
  uint32_t flags;  /* SMG_GF_* */
  uint32_t reserved;

  /* Judges one message; completes with a smg_verdict. [any] */
  void (*check)(void *self, smg_call call, const smg_guard_request *request);

  /* The host has ended the call: a hint to stop working for it. Comes only after check was entered, perhaps before it
     returned or after it completed. Must not wait. [any] */
  void (*SMG_NULLABLE cancel)(void *self, smg_call call);
} smg_guardrail;


/* ---- Auth ---------------------------------------------------------------------------------------------------------- */

#define SMG_IF_AUTH "smg.auth/0"

/* One request's credentials. Written by the host. */
typedef struct smg_auth_request_0_1 {
  uint32_t size;
  uint32_t flags;      /* none defined */
  const smg_context *context;
  smg_kvs headers;     /* names in lower case, repeats kept, in order. Over stdio: the credentials that the client was configured
                          with, as if they were headers */
  smg_bytes method;    /* of HTTP; empty over stdio */
  smg_bytes target;    /* the request target of HTTP; empty over stdio */
  smg_bytes resource;  /* the canonical public URI of this endpoint (RFC 8707): the audience of tokens, resource_metadata in
                          WWW-Authenticate */
  smg_bytes peer;      /* "203.0.113.7:50211" or "[::1]:50211"; empty over stdio */
  smg_bytes transport; /* "http" or "stdio" */
} smg_auth_request;

/* The result of authenticate: who the caller is. Written by the plugin. */
typedef struct smg_identity_0_1 {
  uint32_t size;
  uint32_t flags;        /* none defined */
  smg_bytes subject;     /* names the caller, uniquely and stably; not empty */
  smg_bytes project_id;
  smg_bytes user_id;
  smg_bytes config_id;   /* the MCP configuration that the caller sees; empty = that of the project, which the host then looks up by its id */
  smg_bytes role;
  smg_bytes claims_json; /* a JSON object; empty = none */
  uint64_t ttl_ns;       /* nanoseconds that the host may reuse this answer; 0 = not at all */
  const smg_bytes *SMG_NULLABLE vary; /* lower-case names of the headers that the answer depends on. With their values, and with
                                         the directory's revision, they are the cache key. Empty = not cached */
  size_t vary_count;
} smg_identity;

/* The value of an outcome with SMG_E_UNAUTHENTICATED or SMG_E_FORBIDDEN. Written by the plugin. */
typedef struct smg_refusal_0_1 {
  uint32_t size;
  uint32_t flags;             /* none defined */
  smg_bytes code;             /* one of the gateway's error codes, e.g. "AUTH_001" */
  smg_bytes www_authenticate; /* the value of that header; empty = the host's own */
} smg_refusal;

/* Bits of smg_document.flags. */
#define SMG_DOC_UNCHANGED 1u /* the etag still holds; json is empty */
#define SMG_DOC_HOST 2u      /* use the host's own configuration; json is empty */

/* Bits of get_credentials' flags. */
#define SMG_CRED_REFUSED 1u /* the server refused the previous answer: do not repeat it */

/* The result of fetch_config: the configuration that a caller sees. Written by the plugin. */
typedef struct smg_document_0_1 {
  uint32_t size;
  uint32_t flags;  /* SMG_DOC_* */
  smg_bytes json;  /* the document */
  smg_bytes etag;  /* opaque; comes back with the next fetch_config */
  uint64_t ttl_ns; /* nanoseconds that the host may reuse it; 0 = not at all */
} smg_document;

/* The result of get_credentials: what one upstream server wants to see. Secret: the host never logs it. Written by the plugin. */
typedef struct smg_credentials_0_1 {
  uint32_t size;
  uint32_t flags;  /* none defined */
  smg_kvs headers; /* for servers that are reached over HTTP */
  smg_kvs env;     /* for servers that are started as child processes */
  uint64_t ttl_ns; /* nanoseconds that the host may reuse it; 0 = not at all */
} smg_credentials;

/* The vtable of an auth provider. */
typedef struct smg_auth_0_1 {
  uint32_t size;
  uint32_t flags; /* none defined */

  /* Says who is calling; completes with a smg_identity, or with SMG_E_UNAUTHENTICATED or SMG_E_FORBIDDEN and a smg_refusal.
     Every failure refuses the request as well: auth is never fail-open. [any] */
  void (*authenticate)(void *self, smg_call call, const smg_auth_request *request);

  /* Brings the caller's configuration from elsewhere; completes with a smg_document. etag is that of the copy which the host
     holds; empty = it holds none. [any] */
  void (*SMG_NULLABLE fetch_config)(void *self, smg_call call, const smg_context *context, const smg_identity *who, smg_bytes etag);

  /* Brings what `server` wants to see from this caller; completes with smg_credentials. flags: SMG_CRED_*. [any] */
  void (*SMG_NULLABLE get_credentials)(void *self, smg_call call, const smg_context *context, const smg_identity *who,
                                       smg_bytes server, uint32_t flags);

  /* As in smg_guardrail. [any] */
  void (*SMG_NULLABLE cancel)(void *self, smg_call call);
} smg_auth;


/* ---- Telemetry -----------------------------------------------------------------------------------------------------
 * Batches are handed over on a host thread of their own, off the request path.
 */
#define SMG_IF_TELEMETRY "smg.telemetry/0"

/* Kinds of record. A record has exactly one; smg_telemetry.kinds may have several. */
#define SMG_REC_LOG 1u
#define SMG_REC_SPAN 2u /* a finished span */

/* Types of attribute, and the field of smg_attr that holds the value. */
#define SMG_ATTR_STRING 0u /* str */
#define SMG_ATTR_INT 1u    /* i64 */
#define SMG_ATTR_DOUBLE 2u /* f64 */
#define SMG_ATTR_BOOL 3u   /* i64: 0 or 1 */
#define SMG_ATTR_JSON 4u   /* str: a JSON array or object */

/* A typed value under a name. An element of an array, frozen for the major. */
typedef struct smg_attr_0_1 {
  smg_bytes key;
  uint32_t type; /* SMG_ATTR_* */
  uint32_t reserved;
  smg_bytes str;
  int64_t i64;
  double f64;
} smg_attr;

/* Another span that a span refers to. An element of an array, frozen for the major. */
typedef struct smg_link_0_1 {
  uint8_t trace_id[16];
  uint8_t span_id[8];
  smg_bytes trace_state;  /* of W3C */
  uint32_t trace_flags;   /* of W3C */
  uint32_t dropped_attrs; /* attributes that were beyond the limit */
  const smg_attr *SMG_NULLABLE attrs;
  size_t attr_count;
} smg_link;

/* Something that happened during a span. An element of an array, frozen for the major. */
typedef struct smg_event_0_1 {
  uint64_t time_unix_ns;
  smg_bytes name;
  uint32_t dropped_attrs;
  uint32_t reserved;
  const smg_attr *SMG_NULLABLE attrs;
  size_t attr_count;
} smg_event;

/* A log record or a finished span, in OpenTelemetry's terms. Records are passed as an array of pointers. Written by the host. */
typedef struct smg_record_0_1 {
  uint32_t size;
  uint32_t kind;             /* SMG_REC_* */
  uint32_t severity;         /* log: OpenTelemetry's severity number, 1 to 24; 0 = unset */
  uint32_t span_kind;        /* span: OpenTelemetry's SpanKind, 1 to 5 */
  uint32_t span_status;      /* span: 0 unset, 1 ok, 2 error */
  uint32_t trace_flags;      /* of W3C */
  uint8_t trace_id[16];      /* all zero = belongs to no trace */
  uint8_t span_id[8];        /* log: the span that was current; all zero = none */
  uint8_t parent_span_id[8]; /* span: all zero = root */
  uint64_t time_unix_ns;     /* log: when; span: when it began */
  uint64_t end_unix_ns;      /* span: when it ended; log: 0 */
  smg_bytes name;            /* log: the event name, may be empty; span: its name */
  smg_bytes body;            /* log: the text; span: the status message */
  smg_bytes scope;           /* the part of the gateway, or the plugin, that speaks */
  smg_bytes scope_version;
  smg_bytes trace_state;     /* of W3C */
  uint32_t dropped_attrs;    /* attributes, links and events that were beyond their limits */
  uint32_t dropped_links;
  uint32_t dropped_events;
  uint32_t reserved;
  const smg_attr *SMG_NULLABLE attrs;
  size_t attr_count;
  const smg_link *SMG_NULLABLE links;
  size_t link_count;
  const smg_event *SMG_NULLABLE events;
  size_t event_count;
} smg_record;

/* One instrument's value for one combination of attributes. An element of an array, frozen for the major. */
typedef struct smg_point_0_1 {
  const smg_attr *SMG_NULLABLE attrs;
  size_t attr_count;
  double value;                               /* counter, gauge: the value; histogram: the sum */
  uint64_t count;                             /* histogram: how many values; else 0 */
  const uint64_t *SMG_NULLABLE bucket_counts; /* histogram: each bucket's own count, not summed up */
  size_t bucket_count;                        /* histogram: one more than the metric's bound_count; else 0 */
  double min;                                 /* histogram: NaN = unknown */
  double max;                                 /* likewise */
} smg_point;

/* One instrument. An element of an array, frozen for the major. */
typedef struct smg_metric_0_1 {
  uint32_t kind;  /* SMG_METRIC_* */
  uint32_t flags; /* none defined */
  smg_bytes name;
  smg_bytes unit; /* UCUM */
  smg_bytes help; /* one sentence; may be empty */
  const double *SMG_NULLABLE bounds; /* histogram: inclusive upper edges, rising */
  size_t bound_count;
  const smg_point *SMG_NULLABLE points;
  size_t point_count;
} smg_metric;

/* Every instrument at one moment; values are cumulative since start_unix_ns. Written by the host. */
typedef struct smg_snapshot_0_1 {
  uint32_t size;
  uint32_t flags; /* none defined */
  uint64_t start_unix_ns;
  uint64_t time_unix_ns;
  const smg_metric *SMG_NULLABLE metrics;
  size_t metric_count;
} smg_snapshot;

/* The vtable of a telemetry provider. */
typedef struct smg_telemetry_0_1 {
  uint32_t size;
  uint32_t kinds; /* SMG_REC_* that emit wants */

  /* Takes `count` records, at least one, oldest first. `resource` describes the gateway ("service.name"). Queue and return;
     drop when full. Never overlaps itself or export_metrics of the same instance. [any] */
  void (*emit)(void *self, smg_kvs resource, const smg_record *SMG_NONNULL const *SMG_NONNULL records, size_t count);

  /* Takes every instrument's value, at the configured interval. NULL: wants no metrics. [any] */
  void (*SMG_NULLABLE export_metrics)(void *self, smg_kvs resource, const smg_snapshot *snapshot);

  /* Completes, without a value, when everything that was emitted before has left. [any] */
  void (*flush)(void *self, smg_call call, const smg_context *context);
} smg_telemetry;


/* ---- The entry ----------------------------------------------------------------------------------------------------- */

/* Declares what the plugin offers and does nothing else: no side effects, no threads, no I/O, no call back. Called more than
 * once, it returns the same pointer. NULL: the plugin refuses this host. [load] */
SMG_EXPORT const smg_plugin *SMG_NULLABLE smg_plugin_entry_v0(uint32_t host_abi_minor);

/* Its type, for whoever looks it up. */
typedef const smg_plugin *SMG_NULLABLE (*smg_entry_fn)(uint32_t host_abi_minor);

#if defined(__clang__)
#pragma clang assume_nonnull end
#pragma clang diagnostic pop
#endif

#ifdef __cplusplus
}
#endif

/*
 * EXAMPLE
 *
 * A guardrail that blocks every message with a text longer than 4096 bytes. All that an instance holds is its host, so
 * `self` is the host. (Never a global: several instances may live at once, each with a host of its own.) Build it with
 *
 *     cc -std=c99 -shared -fPIC -fvisibility=hidden -Wl,-z,nodelete -o libLengthGuardrail.so length.c
 *
 * and hold it to the rules above with
 *
 *     secure-mcp-gateway plugin check libLengthGuardrail.so
 *
 * Then put it into a folder of `plugins.path` that nobody else can change, and name the provider in the configuration:
 *
 *     "plugins": { "path": [...], "guardrails": [ { "name": "length", "provider": "length" } ] }
 *
 * begin example
 *   #include "smg_plugin.h"
 *
 *   #define TEXT(s) { (const uint8_t *)(s), sizeof(s) - 1 }
 *
 *   static void finish(const smg_host *host, smg_call call, const smg_verdict *verdict) {
 *     smg_outcome out = { .size = sizeof out, .status = SMG_OK, .value = verdict };
 *     out.value_size = verdict ? verdict->size : 0;
 *     host->complete(host->ctx, call, &out);
 *   }
 *
 *   static void check(void *self, smg_call call, const smg_guard_request *request) {
 *     smg_verdict verdict = { .size = sizeof verdict, .action = SMG_ALLOW };
 *     smg_violation found = { .category = TEXT("length"), .code = TEXT("too_long"),
 *                             .message = TEXT("A text is longer than 4096 bytes."), .score = 1 };
 *     for (size_t i = 0; i < request->segment_count; i++) {
 *       if (request->segments[i].text.len <= 4096) continue;
 *       found.segment = (uint32_t)i;
 *       found.end = request->segments[i].text.len;
 *       verdict.action = SMG_BLOCK;
 *       verdict.violations = &found;
 *       verdict.violation_count = 1;
 *     }
 *     finish(self, call, &verdict);
 *   }
 *
 *   static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
 *     (void)config;
 *     (void)error;
 *     *self = (void *)host;
 *     return SMG_OK;
 *   }
 *   static void health(void *self, smg_call call, const smg_context *context) {
 *     (void)context;
 *     finish(self, call, NULL);
 *   }
 *   static smg_status stop(void *self, uint64_t deadline_ns) {
 *     (void)self;
 *     (void)deadline_ns;
 *     return SMG_OK;
 *   }
 *   static void destroy(void *self) { (void)self; }
 *
 *   static const smg_guardrail guardrail = { .size = sizeof guardrail, .phases = SMG_PHASE_INPUT, .check = check };
 *   static const smg_provider provider = {
 *     .size = sizeof provider, .kind = SMG_KIND_GUARDRAIL, .flags = SMG_PF_INLINE, .name = "length",
 *     .interface_id = SMG_IF_GUARDRAIL, .config_schema = TEXT("{\"type\":\"object\",\"additionalProperties\":false}"),
 *     .create = create, .health = health, .stop = stop, .destroy = destroy, .vtable = &guardrail };
 *   static const smg_provider *const providers[] = { &provider };
 *   static const smg_plugin plugin = {
 *     .size = sizeof plugin, .abi_minor = SMG_ABI_MINOR, .min_host_minor = SMG_ABI_MINOR, .provider_count = 1,
 *     .id = "dev.example.length", .version = "1.0.0", .vendor = "Example", .license = "CC0-1.0", .providers = providers };
 *
 *   const smg_plugin *smg_plugin_entry_v0(uint32_t host_abi_minor) {
 *     return host_abi_minor == SMG_ABI_MINOR ? &plugin : NULL;
 *   }
 * end example
 */
#endif
