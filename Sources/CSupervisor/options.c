#include "internal.h"

#include <string.h>

static const struct {
  const char *option;
  int resource;
} limit_kinds[SMG_LIMIT_KINDS] = {
    {"--rlimit-as", RLIMIT_AS},       {"--rlimit-core", RLIMIT_CORE},     {"--rlimit-cpu", RLIMIT_CPU},
    {"--rlimit-data", RLIMIT_DATA},   {"--rlimit-fsize", RLIMIT_FSIZE},   {"--rlimit-nofile", RLIMIT_NOFILE},
    {"--rlimit-nproc", RLIMIT_NPROC}, {"--rlimit-stack", RLIMIT_STACK},
};

int smg_limit_resource(int kind) { return limit_kinds[kind].resource; }

/* Decimal digits only, at most INT64_MAX. */
static bool parse_number(const char *text, int64_t *value) {
  int64_t sum = 0;
  if (*text == '\0') return false;
  for (; *text != '\0'; text++) {
    if (*text < '0' || *text > '9' || sum > (INT64_MAX - 9) / 10) return false;
    sum = sum * 10 + (*text - '0');
  }
  *value = sum;
  return true;
}

static bool parse_limit(struct smg_options *options, const char *name, const char *value) {
  for (int kind = 0; kind < SMG_LIMIT_KINDS; kind++) {
    int64_t number = 0;
    if (strcmp(name, limit_kinds[kind].option) != 0) continue;
    if (!parse_number(value, &number)) return false;
    options->limits[kind].set = true;
    options->limits[kind].value = (rlim_t)number;
    return true;
  }
  return false;
}

bool smg_options_parse(struct smg_options *options, int argc, char **argv) {
  memset(options, 0, sizeof *options);
  options->grace_ms = 2000;
  /* argv[0] is the program, argv[1] the word __supervise. */
  for (int index = 2; index < argc; index += 2) {
    const char *name = argv[index];
    if (strcmp(name, "--") == 0) {
      options->command = argv + index + 1;
      return index + 1 < argc && *argv[index + 1] != '\0';
    }
    if (index + 1 >= argc) return false;
    const char *value = argv[index + 1];
    if (strcmp(name, "--cwd") == 0) {
      options->directory = value;
    } else if (strcmp(name, "--grace-ms") == 0) {
      if (!parse_number(value, &options->grace_ms) || options->grace_ms > 3600 * 1000) return false;
    } else if (!parse_limit(options, name, value)) {
      return false;
    }
  }
  return false;
}
