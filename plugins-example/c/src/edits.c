// Edits to white space: trailing blanks and surplus empty lines go, tabs at the beginning of a line become spaces, the
// last line gets its line feed. The key `tab-width` in the configuration says how many spaces; 0 keeps tabs.
#include "text.h"
#include <string.h>

enum { MOST_BYTES = 1 << 20, MOST_TAB_WIDTH = 16, DEFAULT_TAB_WIDTH = 4, KEPT_EMPTY_LINES = 1 };

typedef exports_demo_editor_text_tools_list_edit_t edits_t;

static void push_delete(edits_t *edits, size_t start, size_t end) {
  demo_editor_types_edit_t edit = {.tag = DEMO_EDITOR_TYPES_EDIT_DELETE, .val.delete_ = {start, end - start}};
  if (start < end) LIST_PUSH(edits, edit);
}

// Reads `tab-width`, a decimal number up to MOST_TAB_WIDTH.
static bool tab_width(uint32_t *width) {
  plugin_string_t key, value;
  plugin_string_set(&key, "tab-width");
  *width = DEFAULT_TAB_WIDTH;
  if (!demo_editor_config_get(&key, &value)) return true;
  bool good = value.len > 0;
  *width = 0;
  for (size_t i = 0; good && i < value.len; i++) {
    *width = *width * 10 + (uint32_t)(value.ptr[i] - '0');
    good = value.ptr[i] >= '0' && value.ptr[i] <= '9' && *width <= MOST_TAB_WIDTH;
  }
  plugin_string_free(&value);
  return good;
}

// Edits the indent of a line, whose first character that is no blank is at `end`: `width` spaces for each tab.
static void edit_indent(const plugin_string_t *text, size_t start, size_t end, uint32_t width, edits_t *edits) {
  for (size_t at = start, tabs; at < end; at = tabs ? tabs : at + 1) {
    tabs = 0;
    if (text->ptr[at] != '\t') continue;
    for (tabs = at; tabs < end && text->ptr[tabs] == '\t';) tabs++;
    size_t length = (tabs - at) * width;
    plugin_string_t spaces = {must_grow(NULL, length, 1), length};
    memset(spaces.ptr, ' ', length);
    demo_editor_types_edit_t edit = {.tag = DEMO_EDITOR_TYPES_EDIT_REPLACE,
                                     .val.replace = {{at, tabs - at}, spaces}};
    LIST_PUSH(edits, edit);
  }
}

static void edit_text(const plugin_string_t *text, uint32_t width, edits_t *edits) {
  const uint8_t *bytes = text->ptr;
  size_t empty_lines = 0;
  for (size_t start = 0, next; start < text->len; start = next) {
    const uint8_t *feed = memchr(bytes + start, '\n', text->len - start);
    size_t end = feed ? (size_t)(feed - bytes) : text->len;
    next = feed ? end + 1 : end;
    if (feed && end > start && bytes[end - 1] == '\r') end--;
    size_t last = end, first = start;
    while (last > start && (bytes[last - 1] == ' ' || bytes[last - 1] == '\t')) last--;
    while (first < last && (bytes[first] == ' ' || bytes[first] == '\t')) first++;
    empty_lines = last == start ? empty_lines + 1 : 0;
    if (empty_lines > KEPT_EMPTY_LINES) {
      push_delete(edits, start, next);
      continue;
    }
    if (width) edit_indent(text, start, first, width, edits);
    push_delete(edits, last, end);
  }
  if (text->len && bytes[text->len - 1] != '\n' && empty_lines <= KEPT_EMPTY_LINES) {
    demo_editor_types_edit_t edit = {.tag = DEMO_EDITOR_TYPES_EDIT_INSERT, .val.insert = {text->len, copy("\n")}};
    LIST_PUSH(edits, edit);
  }
}

static void say(demo_editor_logging_level_t level, const char *message) {
  plugin_string_t line;
  plugin_string_set(&line, message);
  demo_editor_logging_log(level, &line);
}

bool exports_demo_editor_text_tools_propose(exports_demo_editor_text_tools_borrow_buffer_t target, edits_t *ret,
                                            exports_demo_editor_text_tools_edit_error_t *err) {
  uint32_t width;
  bool good = false;
  if (demo_editor_buffers_method_buffer_length(target) > MOST_BYTES) {
    *err = (demo_editor_types_edit_error_t){DEMO_EDITOR_TYPES_EDIT_ERROR_TOO_LARGE, {.too_large = MOST_BYTES}};
  } else if (!tab_width(&width)) {
    err->tag = DEMO_EDITOR_TYPES_EDIT_ERROR_FAILED;
    err->val.failed = copy("`tab-width` must be a number from 0 to 16");
  } else {
    plugin_string_t text;
    demo_editor_buffers_method_buffer_text(target, &text);
    *ret = (edits_t){0};
    edit_text(&text, width, ret);
    plugin_string_free(&text);
    say(DEMO_EDITOR_LOGGING_LEVEL_DEBUG, ret->len ? "white space was untidy" : "white space is tidy");
    good = true;
  }
  // A borrowed handle is the callee's until it gives it back, which it must before it returns.
  demo_editor_buffers_buffer_drop_borrow(target);
  return good;
}
