#define _GNU_SOURCE
#include "CCheckSupport.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int word_count;
static char **words;

// glibc gives the words of the command line to what runs before main; Embedded Swift has no other way to them.
__attribute__((constructor)) static void keep_words(int count, char **values) {
  word_count = count;
  words = values;
}

const char *check_option(const uint8_t *name) {
  for (int index = 1; index + 1 < word_count; index += 2) {
    if (strcmp(words[index], (const char *)name) == 0) return words[index + 1];
  }
  return NULL;
}

bool check_is_unknown(const uint8_t *names) {
  for (int index = 1; index < word_count; index += 2) {
    const char *name = (const char *)names;
    while (*name != 0 && strcmp(words[index], name) != 0) name += strlen(name) + 1;
    if (*name == 0 || index + 1 == word_count) return true;
  }
  return false;
}

bool check_is_same(const char *text, const uint8_t *other) { return strcmp(text, (const char *)other) == 0; }

bool check_read_place(const char *text, uint8_t address[4], uint16_t *port) {
  char host[16];
  unsigned number;
  char more;
  if (sscanf(text, "%15[0-9.]:%5u%c", host, &number, &more) != 2 || number > UINT16_MAX) return false;
  *port = (uint16_t)number;
  return inet_pton(AF_INET, host, address) == 1;
}

void check_write(const uint8_t *bytes, size_t count) {
  fwrite(bytes, 1, count, stdout);
  fflush(stdout);
}

void check_complain(const uint8_t *text) { fprintf(stderr, "port-check: %s\n", (const char *)text); }

void check_exit(int32_t code) { exit(code); }

void check_limit_descriptors(int32_t count) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = (rlim_t)count;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void check_sleep(uint32_t milliseconds) { usleep(milliseconds * 1000); }

void check_shut_both(int32_t descriptor) { shutdown(descriptor, SHUT_RDWR); }

void check_reset_at_close(int32_t descriptor) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}
