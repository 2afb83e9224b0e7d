/* rule: entry */
#include <fcntl.h>
#include "guardrail.h"
SPOILED(if (open("/dev/null", O_RDONLY) < 0) return NULL)
