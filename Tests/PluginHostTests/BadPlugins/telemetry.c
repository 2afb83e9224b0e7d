/* A telemetry provider that reports what it gets, and whether emit and export_metrics ever overlap. */
#define NAME "test_telemetry"
#ifndef FLAGS
#define FLAGS 0
#endif
#include "common.h"

static _Atomic int inside, released;

static void enter(const smg_host *host) { if (++inside > 1) note(host, "overlap"); }

static void report(const smg_host *host, const char *name, smg_bytes value) {
  const smg_host_metrics *m = host->get_interface(host->ctx, SMG_HOST_METRICS);
  smg_kv label = {text("value"), value};
  m->record(host->ctx, SMG_METRIC_GAUGE, text(name), text(""), 1, (smg_kvs){&label, 1});
}

static void emit(void *self, smg_kvs resource, const smg_record *const *records, size_t count) {
  const smg_host *host = ((instance *)self)->host;
  enter(host);
  pause_ms(1);
  host->log(host->ctx, SMG_LOG_ERROR, text("said inside emit"), (smg_kvs){0});
  for (size_t i = 0; i < count; i++) {
    const smg_record *r = records[i];
    char line[512];
    snprintf(line, sizeof line, "%u %.*s|%.*s|%.*s %02x%02x %zu/%zu/%zu %.*s=%lld %.*s", r->kind, (int)r->name.len, r->name.ptr, (int)r->body.len,
             (const char *)(r->body.ptr ? (const void *)r->body.ptr : ""), (int)r->scope.len, (const char *)r->scope.ptr, r->trace_id[0], r->span_id[7],
             r->attr_count, r->link_count, r->event_count, r->attr_count ? (int)r->attrs[0].key.len : 0,
             r->attr_count ? (const char *)r->attrs[0].key.ptr : "", r->attr_count ? (long long)r->attrs[0].i64 : 0,
             resource.len ? (int)resource.ptr[0].value.len : 0, resource.len ? (const char *)resource.ptr[0].value.ptr : "");
    if (contains(r->name, "hang")) { note(host, "hanging"); while (!released) pause_ms(1); }
    if (contains(r->name, "show")) report(host, "record", text(line));
    note(host, "record-seen");
  }
  inside--;
}

static void export_metrics(void *self, smg_kvs resource, const smg_snapshot *s) {
  const smg_host *host = ((instance *)self)->host;
  (void)resource;
  enter(host);
  pause_ms(1);
  for (size_t i = 0; i < s->metric_count; i++) {
    const smg_metric *m = &s->metrics[i];
    char line[256];
    snprintf(line, sizeof line, "%u %.*s %zu bounds %zu points %.1f %zu buckets", m->kind, (int)m->name.len, m->name.ptr, m->bound_count, m->point_count,
             m->point_count ? m->points[0].value : 0, m->point_count ? m->points[0].bucket_count : 0);
    report(host, "metric", text(line));
  }
  inside--;
}

static void flush(void *self, smg_call call, const smg_context *context) {
  (void)context;
  const smg_host *host = ((instance *)self)->host;
  enter(host);
  note(host, "flushed");
  complete_status(host, call, SMG_OK, "");
  inside--;
}

static void health_release(void *self, smg_call call, const smg_context *context) {
  (void)context;
  released = 1;
  complete_status(((instance *)self)->host, call, SMG_OK, "");
}
#undef HEALTH
#define HEALTH health_release

static const smg_telemetry table = {.size = sizeof(smg_telemetry), .kinds = SMG_REC_LOG | SMG_REC_SPAN, .emit = emit, .export_metrics = export_metrics, .flush = flush};
PROVIDER(SMG_KIND_TELEMETRY, SMG_IF_TELEMETRY, table)
ENTRY
