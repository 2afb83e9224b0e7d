#define _GNU_SOURCE
#include "include/smg_supervisor.h"

#include <fcntl.h>
#include <unistd.h>

int smg_pipe_cloexec(int descriptors[2]) { return pipe2(descriptors, O_CLOEXEC); }
