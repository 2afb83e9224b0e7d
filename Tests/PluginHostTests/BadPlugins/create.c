/* `create` behaves as the configuration says. */
#define CREATE create
#define SCHEMA ""
#include "smg_plugin.h"
static smg_status create(const smg_host *, smg_bytes, smg_sink, void **);
#include "common.h"

static smg_sink kept_sink;

static void fire(void *arg, smg_status why) { (void)arg, (void)why; }

static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  if (contains(config, "crash")) *(volatile int *)8 = 1;
  if (contains(config, "hang")) for (;;) pause_ms(1000);
  if (contains(config, "slow")) pause_ms(300);
  if (contains(config, "null")) { *self = NULL; return SMG_OK; }
  if (contains(config, "refuse")) {
    kept_sink = error;
    error.write(error.ctx, text("no service "));
    error.write(error.ctx, text("at this address"));
    return SMG_E_INVALID;
  }
  if (contains(config, "talks")) {
    for (int i = 0; i < 100000; i++) error.write(error.ctx, text("many words "));
    return SMG_E_INTERNAL;
  }
  if (contains(config, "after") && kept_sink.write) kept_sink.write(kept_sink.ctx, text("too late"));
  if (contains(config, "timer")) {
    const smg_host_timer *timer = host->get_interface(host->ctx, SMG_HOST_TIMER);
    note(host, timer->after(host->ctx, 0, NULL, NULL, NULL) == SMG_E_INVALID ? "null-fire-refused" : "null-fire-accepted");
    note(host, timer->after(host->ctx, 0, fire, NULL, NULL) == SMG_E_UNAVAILABLE ? "early-refused" : "early-accepted");
  }
  instance *i = calloc(1, sizeof *i);
  i->host = host;
  *self = i;
  note(host, "created");
  return SMG_OK;
}
GUARDRAIL
