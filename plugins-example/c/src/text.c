// Text, character by character, and memory that must be had.
#include "text.h"
#include <stdlib.h>
#include <string.h>

// Unicode's White_Space.
static bool is_space(uint32_t point) {
  return (point >= 0x09 && point <= 0x0d) || point == 0x20 || point == 0x85 || point == 0xa0 || point == 0x1680 ||
         (point >= 0x2000 && point <= 0x200a) || point == 0x2028 || point == 0x2029 || point == 0x202f ||
         point == 0x205f || point == 0x3000;
}

// Letters of ASCII by name; of the rest, whatever is in the blocks of scripts rather than of symbols.
static bool is_letter(uint32_t point) {
  if (point < 0x80) return ((point | 0x20) >= 'a' && (point | 0x20) <= 'z') || point == '\'' || point == '_';
  return (point >= 0xc0 && point < 0x2000 && point != 0xd7 && point != 0xf7) || (point >= 0x2c00 && point < 0x2e00) ||
         (point >= 0x3040 && point < 0xe000);
}

character_t character_at(const plugin_string_t *text, size_t at) {
  const uint8_t *bytes = text->ptr + at;
  character_t found = {bytes[0], 1, CLASS_MARK};
  if (bytes[0] >= 0xc0) {
    found.length = bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
    found.point = bytes[0] & (0x7f >> found.length);
    for (uint32_t i = 1; i < found.length; i++) found.point = found.point << 6 | (bytes[i] & 0x3f);
  }
  if (is_space(found.point)) found.class = CLASS_SPACE;
  else if (found.point >= '0' && found.point <= '9') found.class = CLASS_DIGIT;
  else if (is_letter(found.point)) found.class = CLASS_LETTER;
  return found;
}

void *must_grow(void *old, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) abort();
  void *grown = realloc(old, bytes);
  if (!grown && bytes) abort();
  return grown;
}

plugin_string_t copy_bytes(const uint8_t *bytes, size_t length) {
  plugin_string_t made = {NULL, length};
  if (length) memcpy(made.ptr = must_grow(NULL, length, 1), bytes, length);
  return made;
}

plugin_string_t copy(const char *literal) {
  return copy_bytes((const uint8_t *)literal, strlen(literal));
}
