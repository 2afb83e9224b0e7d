/* Uses the host's services, as the first segment's text says. */
#define CHECK check
#ifndef FLAGS
#define FLAGS 0
#endif
#include "smg_plugin.h"
static void check(void *, smg_call, const smg_guard_request *);
#include "common.h"

static _Atomic int running;
static void fire(void *arg, smg_status why) {
  const smg_host *host = arg;
  if (++running > 1) note(host, "fire-overlaps");
  pause_ms(2);
  note(host, why == SMG_OK ? "fired" : "fired-cancelled");
  running--;
}

static void check(void *self, smg_call call, const smg_guard_request *r) {
  const smg_host *host = ((instance *)self)->host;
  const smg_host_timer *timer = host->get_interface(host->ctx, SMG_HOST_TIMER);
  const smg_host_metrics *metrics = host->get_interface(host->ctx, SMG_HOST_METRICS);
  smg_bytes t = r->segments[0].text;
  if (contains(t, "interfaces")) {
    note(host, host->get_interface(host->ctx, SMG_HOST_HTTP) ? "http-present" : "http-absent");
    note(host, host->get_interface(host->ctx, SMG_HOST_DIRECTORY) ? "directory-present" : "directory-absent");
    note(host, host->get_interface(host->ctx, "no.such/0") ? "unknown-present" : "unknown-absent");
    note(host, host->get_interface(host->ctx, NULL) ? "null-present" : "null-absent");
  }
  if (contains(t, "log")) {
    smg_kv fields[40];
    for (int i = 0; i < 40; i++) fields[i] = (smg_kv){text("field"), text("value")};
    static char big[100000];
    memset(big, 'x', sizeof big);
    host->log(host->ctx, SMG_LOG_WARN, text("hello"), (smg_kvs){fields, 1});
    host->log(host->ctx, 99, (smg_bytes){(const uint8_t *)big, sizeof big}, (smg_kvs){fields, 40});
    host->log(host->ctx, SMG_LOG_INFO, (smg_bytes){(const uint8_t *)"\xFF\xFE", 2}, (smg_kvs){NULL, 7});
    for (int i = 0; i < 5000; i++) host->log(host->ctx, SMG_LOG_INFO, text("flood"), (smg_kvs){0});
  }
  if (contains(t, "metrics")) {
    smg_kv labels[9];
    for (int i = 0; i < 9; i++) labels[i] = (smg_kv){text("label"), text("v")};
    metrics->record(host->ctx, SMG_METRIC_HISTOGRAM, text("latency"), text("ms"), 12.5, (smg_kvs){labels, 1});
    metrics->record(host->ctx, 9, text("bad"), text(""), 1, (smg_kvs){0});
    metrics->record(host->ctx, SMG_METRIC_COUNTER, text("bad"), text(""), -1, (smg_kvs){0});
    metrics->record(host->ctx, SMG_METRIC_GAUGE, text("bad"), text(""), 0.0 / 0.0, (smg_kvs){0});
    metrics->record(host->ctx, SMG_METRIC_GAUGE, text("bad name\n"), text(""), 1, (smg_kvs){0});
    metrics->record(host->ctx, SMG_METRIC_GAUGE, text("bad"), text(""), 1, (smg_kvs){labels, 9});
    metrics->record(host->ctx, SMG_METRIC_GAUGE, (smg_bytes){0}, text(""), 1, (smg_kvs){0});
  }
  if (contains(t, "timers")) {
    uint64_t id = 0, far = 0;
    for (int i = 0; i < 20; i++) timer->after(host->ctx, 1000000, fire, (void *)host, &id);
    timer->after(host->ctx, UINT64_MAX, fire, (void *)host, &far);
    note(host, timer->cancel(host->ctx, far) == SMG_OK ? "cancel-ok" : "cancel-failed");
    note(host, timer->cancel(host->ctx, far) == SMG_E_STALE ? "recancel-stale" : "recancel-ok");
    note(host, timer->cancel(host->ctx, 123456) == SMG_E_STALE ? "unknown-stale" : "unknown-ok");
  }
  if (contains(t, "many")) {
    int refused = 0;
    for (int i = 0; i < 1100; i++) refused += timer->after(host->ctx, 3600000000000u, fire, (void *)host, NULL) == SMG_E_UNAVAILABLE;
    note(host, refused == 76 ? "bounded" : "unbounded");
  }
  complete_action(host, call, SMG_ALLOW);
}
GUARDRAIL
