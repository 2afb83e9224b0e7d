/* rule: crash; check: state */
#include <sys/mman.h>
#define CREATE create
#define DESTROY destroy
#define INSTANCE char *map;
#define CHECK check
#include "guardrail.h"
static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  instance *made = calloc(1, sizeof *made);
  (void)config, (void)error;
  made->host = host;
  made->map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *self = made;
  return SMG_OK;
}
static void destroy(void *self) {
  munmap(((instance *)self)->map, 4096);
  free(self);
}
static void check(void *self, smg_call call, const smg_guard_request *request) {
  const smg_host *host = ((instance *)self)->host;
  (void)host, (void)call, (void)request;
  instance *me = self;
  smg_verdict verdict = { .size = sizeof verdict, .action = SMG_ALLOW };
  const char *map;
  if (request->phase == SMG_PHASE_OUTPUT && request->call_state.len == sizeof map) {
    memcpy(&map, request->call_state.ptr, sizeof map);
    if (map[99] == 'x') verdict.action = SMG_BLOCK;
  }
  if (request->phase == SMG_PHASE_INPUT) verdict.call_state = (smg_bytes){ (const uint8_t *)&me->map, sizeof me->map };
  finish(host, call, &verdict);
}
PLUGIN
