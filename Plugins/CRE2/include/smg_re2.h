/* Regular expressions by RE2 for Swift: what the keyword guardrail needs of it, as C. Nothing here throws. Texts are UTF-8. */
#ifndef SMG_RE2_H
#define SMG_RE2_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One compiled expression. May be used from many threads at once. */
typedef struct smg_re2 smg_re2;
/* Several expressions, looked for in one pass. Likewise, once compiled. */
typedef struct smg_re2_set smg_re2_set;

/* NULL when the expression is wrong or needs more than max_memory bytes; then `error` holds why, ended by a zero byte. */
smg_re2 *smg_re2_create(const uint8_t *pattern, size_t length, int is_case_sensitive, int64_t max_memory, char *error, size_t error_size);
void smg_re2_destroy(smg_re2 *expression);

/* The first match that begins at byte `from` or later: 1 and its place, or 0; -1 when there is too little memory. */
int smg_re2_find(const smg_re2 *expression, const uint8_t *text, size_t length, size_t from, size_t *start, size_t *end);

smg_re2_set *smg_re2_set_create(int is_case_sensitive, int64_t max_memory);
void smg_re2_set_destroy(smg_re2_set *set);
/* 1 when it was added, as the next number from 0 on; 0 when not. */
int smg_re2_set_add(smg_re2_set *set, const uint8_t *pattern, size_t length);
/* After the last one. 1, or 0 when there is too little memory. */
int smg_re2_set_compile(smg_re2_set *set);
/* Writes the numbers of those that match somewhere, in no order, at most `capacity`, and returns how many match; -1 when it cannot be told in the memory
 * there is. */
int64_t smg_re2_set_match(const smg_re2_set *set, const uint8_t *text, size_t length, int *numbers, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
