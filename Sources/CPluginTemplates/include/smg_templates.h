/* Files that `plugin new` writes. */
#ifndef SMG_TEMPLATES_H
#define SMG_TEMPLATES_H
#include <stddef.h>

typedef struct smg_template {
  const char *path; /* below the folder templates; "smg_plugin.h" is the plugin header */
  const unsigned char *bytes;
  size_t size;
} smg_template;

/* The file of that path; NULL when there is none. */
const smg_template *smg_template_named(const char *path);
#endif
