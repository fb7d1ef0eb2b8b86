// The guest resource `session`.
#include "text.h"
#include <stdlib.h>

struct exports_demo_editor_sessions_session_t {
  plugin_string_t name;
  uint64_t appended;
  uint32_t words;
  uint64_t bytes;
  plugin_string_t longest; // of length 0: there are no words
};

typedef exports_demo_editor_sessions_session_t session_t;
typedef exports_demo_editor_sessions_own_session_t own_session_t;

own_session_t exports_demo_editor_sessions_constructor_session(plugin_string_t *name) {
  session_t *session = must_grow(NULL, 1, sizeof *session);
  *session = (session_t){.name = *name};
  demo_editor_buffers_own_buffer_t open;
  if (!name->len && demo_editor_buffers_open_buffer(&open)) {
    demo_editor_buffers_method_buffer_name(demo_editor_buffers_borrow_buffer(open), &session->name);
    demo_editor_buffers_buffer_drop_own(open);
  }
  return exports_demo_editor_sessions_session_new(session);
}

// Keeps a copy of the word if it is longer than the longest so far.
static void note_longest(session_t *session, const uint8_t *word, size_t length) {
  if (length <= session->longest.len) return;
  plugin_string_free(&session->longest);
  session->longest = copy_bytes(word, length);
}

uint32_t exports_demo_editor_sessions_method_session_append(session_t *session, plugin_string_t *text) {
  session->appended++;
  for (size_t at = 0; at < text->len;) {
    size_t end = at;
    while (end < text->len) {
      character_t next = character_at(text, end);
      if (next.class == CLASS_SPACE) break;
      end += next.length;
    }
    if (end > at) {
      session->words++;
      session->bytes += end - at;
      note_longest(session, text->ptr + at, end - at);
    }
    at = end < text->len ? end + character_at(text, end).length : end;
  }
  plugin_string_free(text);
  return session->words;
}

void exports_demo_editor_sessions_method_session_summary(session_t *session,
                                                         exports_demo_editor_sessions_summary_t *ret) {
  *ret = (exports_demo_editor_sessions_summary_t){
    .name = copy_bytes(session->name.ptr, session->name.len),
    .appended = session->appended,
    .words = session->words,
    .average_length = session->words ? (double)session->bytes / session->words : 0.0,
    .longest = {session->words > 0, copy_bytes(session->longest.ptr, session->longest.len)},
  };
}

own_session_t exports_demo_editor_sessions_static_session_merge(own_session_t first, own_session_t second) {
  session_t *kept = exports_demo_editor_sessions_session_rep(first);
  session_t *taken = exports_demo_editor_sessions_session_rep(second);
  kept->appended += taken->appended;
  kept->words += taken->words;
  kept->bytes += taken->bytes;
  note_longest(kept, taken->longest.ptr, taken->longest.len);
  exports_demo_editor_sessions_session_drop_own(second);
  return first;
}

void exports_demo_editor_sessions_session_destructor(session_t *session) {
  plugin_string_free(&session->name);
  plugin_string_free(&session->longest);
  free(session);
}
