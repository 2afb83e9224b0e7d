/* Answers from threads of its own while the host cancels. */
#define CREATE create
#define CHECK check
#define CANCEL cancelled
#define STOP stop
#define DESTROY destroy
#include "smg_plugin.h"
static smg_status create(const smg_host *, smg_bytes, smg_sink, void **);
static void check(void *, smg_call, const smg_guard_request *);
static void cancelled(void *, smg_call);
static smg_status stop(void *, uint64_t);
static void destroy(void *);
#include "common.h"

#define ROOM 4096
typedef struct {
  const smg_host *host;
  pthread_t threads[2];
  pthread_mutex_t lock;
  pthread_cond_t ready;
  smg_call queue[ROOM];
  size_t count;
  int stopping;
} racer;

static void *work(void *arg) {
  racer *r = arg;
  pthread_mutex_lock(&r->lock);
  while (1) {
    while (r->count == 0 && !r->stopping) pthread_cond_wait(&r->ready, &r->lock);
    if (r->count == 0) break;
    smg_call call = r->queue[--r->count];
    /* Held on purpose: complete() never calls back. */
    complete_action(r->host, call, SMG_ALLOW);
  }
  pthread_mutex_unlock(&r->lock);
  return NULL;
}

static smg_status create(const smg_host *host, smg_bytes config, smg_sink error, void **self) {
  (void)config, (void)error;
  racer *r = calloc(1, sizeof *r);
  r->host = host;
  pthread_mutex_init(&r->lock, NULL);
  pthread_cond_init(&r->ready, NULL);
  for (int i = 0; i < 2; i++) pthread_create(&r->threads[i], NULL, work, r);
  *self = r;
  return SMG_OK;
}

static void check(void *self, smg_call call, const smg_guard_request *request) {
  (void)request;
  racer *r = self;
  pthread_mutex_lock(&r->lock);
  int full = r->count == ROOM;
  if (!full) r->queue[r->count++] = call;
  pthread_cond_signal(&r->ready);
  pthread_mutex_unlock(&r->lock);
  if (full) complete_status(r->host, call, SMG_E_UNAVAILABLE, "full");
}

static void cancelled(void *self, smg_call call) {
  racer *r = self;
  pthread_mutex_lock(&r->lock);
  complete_status(r->host, call, SMG_E_CANCELLED, "");
  pthread_mutex_unlock(&r->lock);
}

static smg_status stop(void *self, uint64_t deadline) {
  (void)deadline;
  racer *r = self;
  pthread_mutex_lock(&r->lock);
  r->stopping = 1;
  pthread_cond_broadcast(&r->ready);
  pthread_mutex_unlock(&r->lock);
  for (int i = 0; i < 2; i++) pthread_join(r->threads[i], NULL);
  return SMG_OK;
}

static void destroy(void *self) {
  racer *r = self;
  const smg_host *host = r->host;
  free(r);
  note(host, "destroyed");
}
GUARDRAIL
