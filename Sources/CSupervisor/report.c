#include "internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Writes `value` in decimal before `end` and returns where it begins. */
static char *decimal(char *end, int64_t value) {
  do {
    *--end = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  return end;
}

static size_t append(char *line, size_t length, const char *text, size_t count) {
  memcpy(line + length, text, count);
  return length + count;
}

/* The gateway may be gone; then there is nobody to tell, and the end of file on the socket is handled elsewhere. */
static void send_line(const char *line, size_t length) {
  ssize_t written;
  do {
    written = write(SMG_CONTROL_FD, line, length);
  } while (written < 0 && errno == EINTR);
}

static void report(char kind, int64_t first, const char *word, size_t word_length) {
  char line[96];
  char digits[24];
  char *number = decimal(digits + sizeof digits, first);
  size_t length = 0;
  line[length++] = kind;
  line[length++] = ' ';
  length = append(line, length, number, (size_t)(digits + sizeof digits - number));
  if (word_length > 0 && word_length < 32) {
    line[length++] = ' ';
    length = append(line, length, word, word_length);
  }
  line[length++] = '\n';
  send_line(line, length);
}

void smg_report(char kind, int64_t first, const char *word) { report(kind, first, word, word == NULL ? 0 : strlen(word)); }

void smg_report_exit(int code, int signal) {
  char digits[24];
  char *number = decimal(digits + sizeof digits, signal);
  report('X', code, number, (size_t)(digits + sizeof digits - number));
}
