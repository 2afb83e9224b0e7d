/* What `plugin check` needs of C in the child that runs a plugin: a record that survives a crash, and memory that tells when it is used against the
 * borrowing rule. One of each for a process. */
#ifndef SMG_CHECK_H
#define SMG_CHECK_H
#include <stddef.h>
#include <stdint.h>

/* What happened to lent memory when the process crashed. */
enum {
  SMG_FAULT_NONE = 0,
  SMG_FAULT_OTHER = 1,   /* a fault elsewhere */
  SMG_FAULT_RETIRED = 2, /* lent memory was used after the function that it was lent to had returned */
  SMG_FAULT_BEYOND = 3,  /* memory beyond the end of what was lent */
  SMG_FAULT_WRITTEN = 4  /* lent memory was written to */
};

/* Lies in a file that parent and child both map. */
typedef struct smg_black_box {
  uint32_t fault;   /* SMG_FAULT_*, written by the crash handler */
  uint32_t reserved;
  uint64_t number;  /* of the fuzzed call under way */
  char stage[496];  /* which function of the plugin was entered last; NUL-terminated */
} smg_black_box;

/* Maps a file of at least that size; NULL and errno. Never unmapped. */
smg_black_box *smg_black_box_map(int fd);
/* Notes what is about to be entered; longer texts are cut. */
void smg_black_box_stage(smg_black_box *box, const char *stage);
/* Writes into `box` what a crash of this process was about, and lets it crash. */
void smg_black_box_watch(smg_black_box *box);

/* Room for `size` bytes that end at, or as near as `alignment` allows before, a page that cannot be accessed. NULL when there is none left. Zeroed. */
void *smg_lend(size_t size, size_t alignment);
/* No more writing. */
void smg_lent_freeze(void *start, size_t size);
/* No more access at all, for good. */
void smg_lent_retire(void *start, size_t size);

/* The child processes of this process: 1 when there is at least one, ended or not; 0 when there is none. */
int smg_has_children(void);
/* A number for everything about signals that a library must leave alone: handlers and the mask of the calling thread. */
uint64_t smg_signal_state(void);
/* The bytes that malloc has handed out in this process. */
size_t smg_allocated_bytes(void);
#endif
