/*
 * The layout of every released structure, as numbers. A change that moves a field does not compile: it needs a new tag (R4).
 * The numbers hold for LP64, where x86-64 and arm64 agree; other data models are not supported in the draft.
 */
#include "smg_plugin.h"

#if !defined(__LP64__)
#error "the plugin ABI is defined for 64-bit targets with 64-bit pointers and size_t only"
#endif

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wunknown-warning-option"
#pragma clang diagnostic ignored "-Wpre-c11-compat"
#endif

#define SIZE(tag, bytes) _Static_assert(sizeof(struct tag) == (bytes), "size of " #tag)
#define FIELD(tag, field, offset) _Static_assert(offsetof(struct tag, field) == (offset), "offset of " #tag "." #field)

_Static_assert(sizeof(void *) == 8 && sizeof(size_t) == 8 && sizeof(double) == 8, "LP64");
_Static_assert(_Alignof(uint64_t) == 8 && _Alignof(double) == 8, "64-bit scalars are aligned to 8");
_Static_assert(sizeof(smg_call) == 8 && sizeof(smg_status) == 4, "scalars");

SIZE(smg_bytes_0_1, 16);
FIELD(smg_bytes_0_1, ptr, 0);
FIELD(smg_bytes_0_1, len, 8);

SIZE(smg_kv_0_1, 32);
FIELD(smg_kv_0_1, key, 0);
FIELD(smg_kv_0_1, value, 16);

SIZE(smg_kvs_0_1, 16);
FIELD(smg_kvs_0_1, ptr, 0);
FIELD(smg_kvs_0_1, len, 8);

SIZE(smg_sink_0_1, 16);
FIELD(smg_sink_0_1, ctx, 0);
FIELD(smg_sink_0_1, write, 8);

SIZE(smg_context_0_1, 128);
FIELD(smg_context_0_1, size, 0);
FIELD(smg_context_0_1, flags, 4);
FIELD(smg_context_0_1, deadline_ns, 8);
FIELD(smg_context_0_1, request_id, 16);
FIELD(smg_context_0_1, traceparent, 32);
FIELD(smg_context_0_1, principal, 48);
FIELD(smg_context_0_1, session, 64);
FIELD(smg_context_0_1, project_id, 80);
FIELD(smg_context_0_1, user_id, 96);
FIELD(smg_context_0_1, config_id, 112);

SIZE(smg_outcome_0_1, 40);
FIELD(smg_outcome_0_1, size, 0);
FIELD(smg_outcome_0_1, status, 4);
FIELD(smg_outcome_0_1, message, 8);
FIELD(smg_outcome_0_1, value, 24);
FIELD(smg_outcome_0_1, value_size, 32);
FIELD(smg_outcome_0_1, retry_after_ms, 36);

SIZE(smg_host_0_1, 40);
FIELD(smg_host_0_1, size, 0);
FIELD(smg_host_0_1, abi_minor, 4);
FIELD(smg_host_0_1, ctx, 8);
FIELD(smg_host_0_1, complete, 16);
FIELD(smg_host_0_1, log, 24);
FIELD(smg_host_0_1, get_interface, 32);

SIZE(smg_host_metrics_0_1, 16);
FIELD(smg_host_metrics_0_1, size, 0);
FIELD(smg_host_metrics_0_1, flags, 4);
FIELD(smg_host_metrics_0_1, record, 8);

SIZE(smg_host_timer_0_1, 24);
FIELD(smg_host_timer_0_1, size, 0);
FIELD(smg_host_timer_0_1, flags, 4);
FIELD(smg_host_timer_0_1, after, 8);
FIELD(smg_host_timer_0_1, cancel, 16);

SIZE(smg_key_record_0_1, 96);
FIELD(smg_key_record_0_1, size, 0);
FIELD(smg_key_record_0_1, flags, 4);
FIELD(smg_key_record_0_1, key_id, 8);
FIELD(smg_key_record_0_1, project_id, 24);
FIELD(smg_key_record_0_1, user_id, 40);
FIELD(smg_key_record_0_1, config_id, 56);
FIELD(smg_key_record_0_1, role, 72);
FIELD(smg_key_record_0_1, revision, 88);

SIZE(smg_host_directory_0_1, 16);
FIELD(smg_host_directory_0_1, size, 0);
FIELD(smg_host_directory_0_1, flags, 4);
FIELD(smg_host_directory_0_1, find_api_key, 8);

SIZE(smg_http_request_0_1, 112);
FIELD(smg_http_request_0_1, size, 0);
FIELD(smg_http_request_0_1, flags, 4);
FIELD(smg_http_request_0_1, method, 8);
FIELD(smg_http_request_0_1, url, 24);
FIELD(smg_http_request_0_1, body, 40);
FIELD(smg_http_request_0_1, headers, 56);
FIELD(smg_http_request_0_1, call, 72);
FIELD(smg_http_request_0_1, tls_profile, 80);
FIELD(smg_http_request_0_1, deadline_ns, 96);
FIELD(smg_http_request_0_1, max_response_bytes, 104);

SIZE(smg_http_response_0_1, 80);
FIELD(smg_http_response_0_1, size, 0);
FIELD(smg_http_response_0_1, status, 4);
FIELD(smg_http_response_0_1, code, 8);
FIELD(smg_http_response_0_1, flags, 12);
FIELD(smg_http_response_0_1, message, 16);
FIELD(smg_http_response_0_1, headers, 32);
FIELD(smg_http_response_0_1, trailers, 48);
FIELD(smg_http_response_0_1, body, 64);

SIZE(smg_host_http_0_1, 32);
FIELD(smg_host_http_0_1, size, 0);
FIELD(smg_host_http_0_1, flags, 4);
FIELD(smg_host_http_0_1, start, 8);
FIELD(smg_host_http_0_1, cancel, 16);
FIELD(smg_host_http_0_1, fetch, 24);

SIZE(smg_provider_0_1, 88);
FIELD(smg_provider_0_1, size, 0);
FIELD(smg_provider_0_1, kind, 4);
FIELD(smg_provider_0_1, flags, 8);
FIELD(smg_provider_0_1, reserved, 12);
FIELD(smg_provider_0_1, name, 16);
FIELD(smg_provider_0_1, interface_id, 24);
FIELD(smg_provider_0_1, config_schema, 32);
FIELD(smg_provider_0_1, create, 48);
FIELD(smg_provider_0_1, health, 56);
FIELD(smg_provider_0_1, stop, 64);
FIELD(smg_provider_0_1, destroy, 72);
FIELD(smg_provider_0_1, vtable, 80);

SIZE(smg_plugin_0_1, 64);
FIELD(smg_plugin_0_1, size, 0);
FIELD(smg_plugin_0_1, abi_minor, 4);
FIELD(smg_plugin_0_1, min_host_minor, 8);
FIELD(smg_plugin_0_1, provider_count, 12);
FIELD(smg_plugin_0_1, id, 16);
FIELD(smg_plugin_0_1, version, 24);
FIELD(smg_plugin_0_1, vendor, 32);
FIELD(smg_plugin_0_1, license, 40);
FIELD(smg_plugin_0_1, providers, 48);
FIELD(smg_plugin_0_1, get_interface, 56);

SIZE(smg_segment_0_1, 56);
FIELD(smg_segment_0_1, path, 0);
FIELD(smg_segment_0_1, text, 16);
FIELD(smg_segment_0_1, media_type, 32);
FIELD(smg_segment_0_1, flags, 48);
FIELD(smg_segment_0_1, reserved, 52);

SIZE(smg_guard_request_0_1, 160);
FIELD(smg_guard_request_0_1, size, 0);
FIELD(smg_guard_request_0_1, phase, 4);
FIELD(smg_guard_request_0_1, context, 8);
FIELD(smg_guard_request_0_1, surface, 16);
FIELD(smg_guard_request_0_1, server, 32);
FIELD(smg_guard_request_0_1, item, 48);
FIELD(smg_guard_request_0_1, policy_json, 64);
FIELD(smg_guard_request_0_1, policy_revision, 80);
FIELD(smg_guard_request_0_1, segments, 96);
FIELD(smg_guard_request_0_1, segment_count, 104);
FIELD(smg_guard_request_0_1, original, 112);
FIELD(smg_guard_request_0_1, original_count, 120);
FIELD(smg_guard_request_0_1, call_state, 128);
FIELD(smg_guard_request_0_1, session_state, 144);

SIZE(smg_violation_0_1, 96);
FIELD(smg_violation_0_1, category, 0);
FIELD(smg_violation_0_1, code, 16);
FIELD(smg_violation_0_1, message, 32);
FIELD(smg_violation_0_1, evidence_json, 48);
FIELD(smg_violation_0_1, score, 64);
FIELD(smg_violation_0_1, segment, 72);
FIELD(smg_violation_0_1, reserved, 76);
FIELD(smg_violation_0_1, start, 80);
FIELD(smg_violation_0_1, end, 88);

SIZE(smg_replacement_0_1, 24);
FIELD(smg_replacement_0_1, segment, 0);
FIELD(smg_replacement_0_1, reserved, 4);
FIELD(smg_replacement_0_1, text, 8);

SIZE(smg_verdict_0_1, 88);
FIELD(smg_verdict_0_1, size, 0);
FIELD(smg_verdict_0_1, action, 4);
FIELD(smg_verdict_0_1, violations, 8);
FIELD(smg_verdict_0_1, violation_count, 16);
FIELD(smg_verdict_0_1, replacements, 24);
FIELD(smg_verdict_0_1, replacement_count, 32);
FIELD(smg_verdict_0_1, call_state, 40);
FIELD(smg_verdict_0_1, session_state, 56);
FIELD(smg_verdict_0_1, metadata_json, 72);

SIZE(smg_guardrail_0_1, 32);
FIELD(smg_guardrail_0_1, size, 0);
FIELD(smg_guardrail_0_1, phases, 4);
FIELD(smg_guardrail_0_1, flags, 8);
FIELD(smg_guardrail_0_1, reserved, 12);
FIELD(smg_guardrail_0_1, check, 16);
FIELD(smg_guardrail_0_1, cancel, 24);

SIZE(smg_auth_request_0_1, 112);
FIELD(smg_auth_request_0_1, size, 0);
FIELD(smg_auth_request_0_1, flags, 4);
FIELD(smg_auth_request_0_1, context, 8);
FIELD(smg_auth_request_0_1, headers, 16);
FIELD(smg_auth_request_0_1, method, 32);
FIELD(smg_auth_request_0_1, target, 48);
FIELD(smg_auth_request_0_1, resource, 64);
FIELD(smg_auth_request_0_1, peer, 80);
FIELD(smg_auth_request_0_1, transport, 96);

SIZE(smg_identity_0_1, 128);
FIELD(smg_identity_0_1, size, 0);
FIELD(smg_identity_0_1, flags, 4);
FIELD(smg_identity_0_1, subject, 8);
FIELD(smg_identity_0_1, project_id, 24);
FIELD(smg_identity_0_1, user_id, 40);
FIELD(smg_identity_0_1, config_id, 56);
FIELD(smg_identity_0_1, role, 72);
FIELD(smg_identity_0_1, claims_json, 88);
FIELD(smg_identity_0_1, ttl_ns, 104);
FIELD(smg_identity_0_1, vary, 112);
FIELD(smg_identity_0_1, vary_count, 120);

SIZE(smg_refusal_0_1, 40);
FIELD(smg_refusal_0_1, size, 0);
FIELD(smg_refusal_0_1, flags, 4);
FIELD(smg_refusal_0_1, code, 8);
FIELD(smg_refusal_0_1, www_authenticate, 24);

SIZE(smg_document_0_1, 48);
FIELD(smg_document_0_1, size, 0);
FIELD(smg_document_0_1, flags, 4);
FIELD(smg_document_0_1, json, 8);
FIELD(smg_document_0_1, etag, 24);
FIELD(smg_document_0_1, ttl_ns, 40);

SIZE(smg_credentials_0_1, 48);
FIELD(smg_credentials_0_1, size, 0);
FIELD(smg_credentials_0_1, flags, 4);
FIELD(smg_credentials_0_1, headers, 8);
FIELD(smg_credentials_0_1, env, 24);
FIELD(smg_credentials_0_1, ttl_ns, 40);

SIZE(smg_auth_0_1, 40);
FIELD(smg_auth_0_1, size, 0);
FIELD(smg_auth_0_1, flags, 4);
FIELD(smg_auth_0_1, authenticate, 8);
FIELD(smg_auth_0_1, fetch_config, 16);
FIELD(smg_auth_0_1, get_credentials, 24);
FIELD(smg_auth_0_1, cancel, 32);

SIZE(smg_attr_0_1, 56);
FIELD(smg_attr_0_1, key, 0);
FIELD(smg_attr_0_1, type, 16);
FIELD(smg_attr_0_1, reserved, 20);
FIELD(smg_attr_0_1, str, 24);
FIELD(smg_attr_0_1, i64, 40);
FIELD(smg_attr_0_1, f64, 48);

SIZE(smg_link_0_1, 64);
FIELD(smg_link_0_1, trace_id, 0);
FIELD(smg_link_0_1, span_id, 16);
FIELD(smg_link_0_1, trace_state, 24);
FIELD(smg_link_0_1, trace_flags, 40);
FIELD(smg_link_0_1, dropped_attrs, 44);
FIELD(smg_link_0_1, attrs, 48);
FIELD(smg_link_0_1, attr_count, 56);

SIZE(smg_event_0_1, 48);
FIELD(smg_event_0_1, time_unix_ns, 0);
FIELD(smg_event_0_1, name, 8);
FIELD(smg_event_0_1, dropped_attrs, 24);
FIELD(smg_event_0_1, reserved, 28);
FIELD(smg_event_0_1, attrs, 32);
FIELD(smg_event_0_1, attr_count, 40);

SIZE(smg_record_0_1, 216);
FIELD(smg_record_0_1, size, 0);
FIELD(smg_record_0_1, kind, 4);
FIELD(smg_record_0_1, severity, 8);
FIELD(smg_record_0_1, span_kind, 12);
FIELD(smg_record_0_1, span_status, 16);
FIELD(smg_record_0_1, trace_flags, 20);
FIELD(smg_record_0_1, trace_id, 24);
FIELD(smg_record_0_1, span_id, 40);
FIELD(smg_record_0_1, parent_span_id, 48);
FIELD(smg_record_0_1, time_unix_ns, 56);
FIELD(smg_record_0_1, end_unix_ns, 64);
FIELD(smg_record_0_1, name, 72);
FIELD(smg_record_0_1, body, 88);
FIELD(smg_record_0_1, scope, 104);
FIELD(smg_record_0_1, scope_version, 120);
FIELD(smg_record_0_1, trace_state, 136);
FIELD(smg_record_0_1, dropped_attrs, 152);
FIELD(smg_record_0_1, dropped_links, 156);
FIELD(smg_record_0_1, dropped_events, 160);
FIELD(smg_record_0_1, reserved, 164);
FIELD(smg_record_0_1, attrs, 168);
FIELD(smg_record_0_1, attr_count, 176);
FIELD(smg_record_0_1, links, 184);
FIELD(smg_record_0_1, link_count, 192);
FIELD(smg_record_0_1, events, 200);
FIELD(smg_record_0_1, event_count, 208);

SIZE(smg_point_0_1, 64);
FIELD(smg_point_0_1, attrs, 0);
FIELD(smg_point_0_1, attr_count, 8);
FIELD(smg_point_0_1, value, 16);
FIELD(smg_point_0_1, count, 24);
FIELD(smg_point_0_1, bucket_counts, 32);
FIELD(smg_point_0_1, bucket_count, 40);
FIELD(smg_point_0_1, min, 48);
FIELD(smg_point_0_1, max, 56);

SIZE(smg_metric_0_1, 88);
FIELD(smg_metric_0_1, kind, 0);
FIELD(smg_metric_0_1, flags, 4);
FIELD(smg_metric_0_1, name, 8);
FIELD(smg_metric_0_1, unit, 24);
FIELD(smg_metric_0_1, help, 40);
FIELD(smg_metric_0_1, bounds, 56);
FIELD(smg_metric_0_1, bound_count, 64);
FIELD(smg_metric_0_1, points, 72);
FIELD(smg_metric_0_1, point_count, 80);

SIZE(smg_snapshot_0_1, 40);
FIELD(smg_snapshot_0_1, size, 0);
FIELD(smg_snapshot_0_1, flags, 4);
FIELD(smg_snapshot_0_1, start_unix_ns, 8);
FIELD(smg_snapshot_0_1, time_unix_ns, 16);
FIELD(smg_snapshot_0_1, metrics, 24);
FIELD(smg_snapshot_0_1, metric_count, 32);

SIZE(smg_telemetry_0_1, 32);
FIELD(smg_telemetry_0_1, size, 0);
FIELD(smg_telemetry_0_1, kinds, 4);
FIELD(smg_telemetry_0_1, emit, 8);
FIELD(smg_telemetry_0_1, export_metrics, 16);
FIELD(smg_telemetry_0_1, flush, 24);
