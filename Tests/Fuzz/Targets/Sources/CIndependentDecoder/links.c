#include "CIndependentDecoder.h"

#include <string.h>

// RFC 6690 section 4.1: one query, `name=value`, where a value may end with "*". Attributes with several words match
// when one of the words does.

static int text_matches(const char *text, size_t length, const uint8_t *value, size_t count, int is_prefix) {
  if (is_prefix ? length < count : length != count) return 0;
  return memcmp(text, value, count) == 0;
}

static int words_match(const char *text, const uint8_t *value, size_t count, int is_prefix) {
  while (1) {
    size_t length = strcspn(text, " ");
    if (text_matches(text, length, value, count, is_prefix)) return 1;
    if (text[length] == 0) return 0;
    text += length + 1;
  }
}

static int is_name(const uint8_t *query, size_t count, const char *name) {
  return count == strlen(name) && memcmp(query, name, count) == 0;
}

int link_is_shown(const struct link_target *link, const uint8_t *query, size_t count) {
  const uint8_t *equals = count > 0 ? memchr(query, '=', count) : NULL;
  if (!equals) return 1;
  size_t name = (size_t)(equals - query), length = count - name - 1;
  const uint8_t *value = equals + 1;
  int is_prefix = length > 0 && value[length - 1] == '*';
  if (is_prefix) length--;
  const char *words = NULL, *text = NULL;
  if (is_name(query, name, "rt")) words = link->resource_type;
  else if (is_name(query, name, "if")) words = link->interface_description;
  else if (is_name(query, name, "ct")) words = link->content_formats;
  // Links without rel have the relation "hosts" (section 2.2).
  else if (is_name(query, name, "rel")) words = "hosts";
  else if (is_name(query, name, "title")) text = link->title;
  else if (is_name(query, name, "sz")) text = link->size;
  // It has no value (RFC 7641 section 6).
  else if (is_name(query, name, "obs")) return link->is_observable && length == 0;
  else if (is_name(query, name, "href")) {
    if (length == 0) return is_prefix;
    return value[0] == '/' && text_matches(link->path, strlen(link->path), value + 1, length - 1, is_prefix);
  }
  if (words) return words_match(words, value, length, is_prefix);
  return text && text_matches(text, strlen(text), value, length, is_prefix);
}
