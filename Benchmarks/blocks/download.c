// Downloads a resource over CoAP over TCP block by block, one request at a time, again and again.
//
//   download PORT PATH SZX BYTES SECONDS PROCESS
//
//   PORT     of the server on 127.0.0.1
//   PATH     of the resource, one segment
//   SZX      the size of the blocks that are asked for: 0 to 6, 7 for BERT
//   BYTES    how many it has; another number ends the program, as every other thing that is not as it should be
//   SECONDS  how long to go on; the download that has begun is finished
//   PROCESS  the server's id
//
// Prints bytes, requests, seconds by the clock, and seconds that the server's process has run.
#define PROGRAM "download"
#include "peer.h"

enum { GET = 0x01, CONTENT = 0x45 };

int main(int argc, char **argv) {
  if (argc != 7) die("PORT PATH SZX BYTES SECONDS PROCESS");
  const char *path = argv[2];
  unsigned szx = (unsigned)atoi(argv[3]);
  size_t expected = (size_t)atol(argv[4]), bytes = 0, requests = 0;
  double limit = atof(argv[5]);
  greet(argv[1]);
  size_t unit = (size_t)1 << (szx == BERT ? 10 : szx + 4);
  double begin = now(), processor = server_time(argv[6]);
  do {
    bool is_more = true;
    for (size_t offset = 0; is_more; requests++) {
      unsigned char options[32];
      send_message(GET, options, write_options(options, path, BLOCK2, offset / unit, false, szx));
      struct message message = receive();
      if (message.code != CONTENT || message.block < 0) die("no block");
      if ((size_t)(message.block >> 4) * unit != offset) die("another block than the one that was asked for");
      if ((unsigned)(message.block & 7) != szx) die("blocks of another size");
      offset += message.payload;
      bytes += message.payload;
      is_more = message.block & 8;
      if (!is_more && offset != expected) die("the resource has another size");
      consume(message);
    }
  } while (now() - begin < limit);
  printf("%zu %zu %.6f %.6f\n", bytes, requests, now() - begin, server_time(argv[6]) - processor);
}
