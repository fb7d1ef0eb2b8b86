// Going wrong on request. `volatile` keeps the compiler from seeing through it.
#include "plugin.h"
#include <stdlib.h>

static volatile bool go_on = true;

// The sum must be made after the call returns, so this cannot become a loop. It uses no linear memory: what runs out is
// the stack of the host.
static uint64_t recurse(uint64_t depth) {
  return go_on ? recurse(depth + 1) * 3 + depth : 0;
}

uint64_t exports_demo_editor_mischief_commit(exports_demo_editor_mischief_kind_t kind) {
  uint64_t count = 0;
  switch (kind) {
    case EXPORTS_DEMO_EDITOR_MISCHIEF_KIND_LOOP_FOREVER:
      while (go_on) count++;
      break;
    case EXPORTS_DEMO_EDITOR_MISCHIEF_KIND_TRAP: abort();
    case EXPORTS_DEMO_EDITOR_MISCHIEF_KIND_RECURSE_FOREVER: count = recurse(1); break;
    case EXPORTS_DEMO_EDITOR_MISCHIEF_KIND_ALLOCATE_FOREVER:
      while (go_on) {
        volatile uint8_t *block = malloc(1 << 20);
        if (!block) abort();
        block[0] = 1;
        count++;
      }
      break;
  }
  return count;
}
