/* Does something when it is loaded, before anybody has called it: writes the file MARK, crashes, hangs, ends the process or writes garbage. */
#include "common.h"
#include <fcntl.h>

__attribute__((constructor)) static void on_load(void) {
#if defined(MARK)
  int fd = open(MARK, O_CREAT | O_WRONLY, 0600);
  if (fd >= 0) close(fd);
#elif defined(CRASH)
  *(volatile int *)8 = 1;
#elif defined(HANG)
  for (;;) pause_ms(1000);
#elif defined(EXIT)
  _exit(3);
#elif defined(GARBAGE)
  for (int fd = 3; fd < 64; fd++)
    if (write(fd, "{}}\n", 4) < 0) continue;
#endif
}
GUARDRAIL
