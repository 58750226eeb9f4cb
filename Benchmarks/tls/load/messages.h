// The few messages of CoAP over TCP (RFC 8323) that the load consists of.
#pragma once

#include <stddef.h>

// The largest message that is made or awaited here: 8 KiB and its options.
#define LONGEST_MESSAGE 9000

enum { CODE_GET = 0x01, CODE_PUT = 0x03, CODE_CONTENT = 0x45, CODE_CSM = 0xe1 };

// Writes a CSM that takes messages of 64 KiB, and no blocks: so a response of 8 KiB comes as one message.
size_t write_capabilities(unsigned char *space);

// Writes a request for /path, with a payload of so many bytes unless that is 0.
size_t write_request(unsigned char *space, int code, unsigned char token, const char *path, size_t payload);

// The length of the message that starts at bytes, or 0 while too few are there to tell.
size_t message_length(const unsigned char *bytes, size_t count);

// The code of a message of which all is there.
int message_code(const unsigned char *bytes);
