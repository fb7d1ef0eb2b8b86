// The exports that need no file of their own: what the plugin is, tokens, counts, and the dictionary it does not have.
//
// An exported function owns its string arguments and frees them; what it returns is freed by the generated post-return
// functions, so every returned string is a copy, of literals too.
#include "text.h"

void exports_plugin_describe(plugin_plugin_info_t *ret) {
  *ret = (plugin_plugin_info_t){
    .name = copy("whitespace"),
    .version = {0, 1, 0},
    .language = copy("C"),
    .capabilities = DEMO_EDITOR_TYPES_CAPABILITIES_TOKENIZE | DEMO_EDITOR_TYPES_CAPABILITIES_EDIT |
                    DEMO_EDITOR_TYPES_CAPABILITIES_COUNT | DEMO_EDITOR_TYPES_CAPABILITIES_SESSIONS,
  };
}

static bool is_line_end(uint32_t point) {
  return point == '\n' || point == '\r';
}

// The end of the run of characters of one class that begins at `at`. Line ends are runs of their own.
static size_t run_end(const plugin_string_t *text, size_t at) {
  character_t first = character_at(text, at);
  at += first.length;
  if (first.point == '\r' && at < text->len && text->ptr[at] == '\n') return at + 1;
  if (first.class == CLASS_MARK || is_line_end(first.point)) return at;
  while (at < text->len) {
    character_t next = character_at(text, at);
    if (is_line_end(next.point) || next.class != first.class) break;
    at += next.length;
  }
  return at;
}

// What the run from `start` to `end` is. White space that begins a line is an indent, at the end of one it is trailing.
static demo_editor_types_token_kind_t kind_of(const plugin_string_t *text, size_t start, size_t end) {
  character_t first = character_at(text, start);
  demo_editor_types_token_kind_t kind = {.tag = DEMO_EDITOR_TYPES_TOKEN_KIND_WHITESPACE};
  switch (first.class) {
    case CLASS_LETTER: kind.tag = DEMO_EDITOR_TYPES_TOKEN_KIND_WORD; break;
    case CLASS_DIGIT: kind.tag = DEMO_EDITOR_TYPES_TOKEN_KIND_NUMBER; break;
    case CLASS_MARK:
      kind.tag = DEMO_EDITOR_TYPES_TOKEN_KIND_PUNCTUATION;
      kind.val.punctuation = first.point;
      break;
    case CLASS_SPACE: {
      if (is_line_end(first.point)) break;
      bool ends = end == text->len || is_line_end(text->ptr[end]);
      bool begins = start == 0 || text->ptr[start - 1] == '\n';
      if (!ends && !begins) break;
      kind.tag = DEMO_EDITOR_TYPES_TOKEN_KIND_OTHER;
      kind.val.other = copy(ends ? "trailing" : "indent");
    }
  }
  return kind;
}

void exports_demo_editor_text_tools_tokenize(plugin_string_t *text, exports_demo_editor_text_tools_list_token_t *ret) {
  *ret = (exports_demo_editor_text_tools_list_token_t){0};
  for (size_t at = 0, end; at < text->len; at = end) {
    end = run_end(text, at);
    exports_demo_editor_text_tools_token_t token = {kind_of(text, at, end), at, end - at};
    LIST_PUSH(ret, token);
  }
  plugin_string_free(text);
}

void exports_demo_editor_text_tools_count_words(plugin_string_t *text,
                                                exports_demo_editor_text_tools_word_count_t *ret) {
  *ret = (exports_demo_editor_text_tools_word_count_t){.bytes = text->len};
  bool in_word = false;
  for (size_t at = 0; at < text->len;) {
    character_t next = character_at(text, at);
    bool space = next.class == CLASS_SPACE;
    if (in_word == space) ret->words += in_word = !space;
    ret->lines += next.point == '\n';
    ret->characters++;
    at += next.length;
  }
  if (text->len && text->ptr[text->len - 1] != '\n') ret->lines++;
  plugin_string_free(text);
}

bool exports_demo_editor_dictionary_load_dictionary(plugin_string_t *path, uint32_t *ret, plugin_string_t *err) {
  (void)ret;
  plugin_string_free(path);
  *err = copy("the whitespace plugin is built without WASI and reads no files");
  return false;
}

bool exports_demo_editor_dictionary_default_path(plugin_string_t *ret) {
  (void)ret;
  return false;
}

void exports_demo_editor_dictionary_unknown_words(plugin_string_t *text, plugin_list_tuple2_u32_string_t *ret) {
  *ret = (plugin_list_tuple2_u32_string_t){0};
  plugin_string_free(text);
}
