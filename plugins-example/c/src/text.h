// Text, character by character, and memory that must be had: what the other files share.
#ifndef TEXT_H
#define TEXT_H

#include "plugin.h"

// What a character is to this plugin.
typedef enum { CLASS_SPACE, CLASS_DIGIT, CLASS_LETTER, CLASS_MARK } class_t;

// One character: its code point, the bytes it takes in UTF-8, and what it is.
typedef struct {
  uint32_t point;
  uint32_t length;
  class_t class;
} character_t;

// The character at byte `at`, which must be less than `text->len`. The canonical ABI promises that strings are UTF-8.
character_t character_at(const plugin_string_t *text, size_t at);

// Memory for `count` things of `size` bytes, or a trap.
void *must_grow(void *old, size_t count, size_t size);

// Appends to a list of the generated kind `{ ptr, len }`, whose capacity is the next power of two.
#define LIST_PUSH(list, ...)                                                          \
  do {                                                                                \
    if (((list)->len & ((list)->len - 1)) == 0)                                       \
      (list)->ptr = must_grow((list)->ptr, (list)->len ? 2 * (list)->len : 1, sizeof *(list)->ptr); \
    (list)->ptr[(list)->len++] = (__VA_ARGS__);                                       \
  } while (0)

// A copy of a literal or of `length` bytes, which whoever gets it will free.
plugin_string_t copy(const char *literal);
plugin_string_t copy_bytes(const uint8_t *bytes, size_t length);

#endif
