/* Tests of {{name}}: make test. */
#include <unistd.h>

#include "fake_host.h"

int main(void) {
  const smg_telemetry *telemetry = (const smg_telemetry *)the_provider()->vtable;
  char path[] = "/tmp/telemetry-test-XXXXXX", config[128], line[64];
  int file = mkstemp(path);
  smg_record record = { 0 };
  const smg_record *records[] = { &record };
  smg_kvs resource = { NULL, 0 };
  smg_context context = { 0 };
  void *self;
  EXPECT(file >= 0);
  snprintf(config, sizeof config, "{\"path\": \"%s\"}", path);
  self = make(config);
  EXPECT(self != NULL);
  record.size = sizeof record;
  record.kind = SMG_REC_LOG;
  record.body = bytes("two\nlines");
  context.size = sizeof context;
  telemetry->emit(self, resource, records, 1);
  telemetry->flush(self, 3, &context);
  EXPECT(completions == 1 && last_status == SMG_OK);
  EXPECT(read(file, line, sizeof line) == 15 && memcmp(line, "log  two lines\n", 15) == 0);
  end(self);
  unlink(path);
  EXPECT(make("{\"path\":\"relative\"}") == NULL);
  EXPECT(make("{\"path\":\"/no/such/folder/file\"}") == NULL);
  puts("all tests passed");
  return 0;
}
