/* Tests of {{name}}: make test. */
#include "fake_host.h"

static smg_status login(void *self, const char *authorization) {
  smg_context context = { 0 };
  smg_kv header = { bytes("authorization"), bytes(authorization) };
  smg_auth_request request = { 0 };
  context.size = sizeof context;
  request.size = sizeof request;
  request.context = &context;
  request.headers.ptr = &header;
  request.headers.len = 1;
  request.transport = bytes("http");
  completions = 0;
  ((const smg_auth *)the_provider()->vtable)->authenticate(self, 2, &request);
  EXPECT(completions == 1);
  return last_status;
}

int main(void) {
  void *self = make("{\"token\": \"0123456789abcdef\", \"config_id\": \"config-1\"}");
  EXPECT(self != NULL);
  EXPECT(login(self, "Bearer 0123456789abcdef") == SMG_OK && strcmp(last_subject, "{{name}}") == 0);
  EXPECT(login(self, "Bearer 0123456789abcdeX") == SMG_E_UNAUTHENTICATED);
  EXPECT(login(self, "Bearer 0123456789abcde") == SMG_E_UNAUTHENTICATED);
  EXPECT(login(self, "Bearer ") == SMG_E_UNAUTHENTICATED);
  EXPECT(login(self, "") == SMG_E_UNAUTHENTICATED);
  end(self);
  EXPECT(make("{\"token\":\"short\",\"config_id\":\"config-1\"}") == NULL);
  puts("all tests passed");
  return 0;
}
