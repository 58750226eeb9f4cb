// Uploads a body over CoAP over TCP block by block, one request at a time, again and again.
//
//   upload PORT PATH SZX BYTES SECONDS PROCESS
//
//   PORT     of the server on 127.0.0.1
//   PATH     of the resource, one segment, that takes a body by PUT
//   SZX      the size of the blocks: 0 to 6; 7 for BERT, then 8 of 1024 bytes in a message
//   BYTES    how many bytes the body has, 1 or more
//   SECONDS  how long to go on; the upload that has begun is finished
//   PROCESS  the server's id
//
// A body that fits into one block goes without the option. Prints bytes, requests, seconds by the clock, and seconds that
// the server's process has run.
#define PROGRAM "upload"
#include "peer.h"

enum { PUT = 0x03, CREATED = 0x41, CHANGED = 0x44, CONTINUE = 0x5f };

int main(int argc, char **argv) {
  if (argc != 7) die("PORT PATH SZX BYTES SECONDS PROCESS");
  const char *path = argv[2];
  unsigned szx = (unsigned)atoi(argv[3]);
  size_t whole = (size_t)atol(argv[4]), bytes = 0, requests = 0;
  double limit = atof(argv[5]);
  greet(argv[1]);

  size_t unit = (size_t)1 << (szx == BERT ? 10 : szx + 4), largest = szx == BERT ? 8 * unit : unit;
  static unsigned char rest[1 << 15];
  double begin = now(), processor = server_time(argv[6]);
  do {
    for (size_t offset = 0; offset < whole; requests++) {
      size_t count = whole - offset < largest ? whole - offset : largest;
      bool is_more = offset + count < whole;
      size_t place = write_options(rest, path, BLOCK1, offset / unit, is_more, szx);
      // Without the option: it was the last one.
      if (whole <= unit) place = strlen(path) + 1;
      rest[place++] = 0xff;
      memset(rest + place, 'x', count);
      send_message(PUT, rest, place + count);
      struct message message = receive();
      if (is_more ? message.code != CONTINUE : message.code != CHANGED && message.code != CREATED) {
        fprintf(stderr, "upload: the answer is %d.%02d\n", message.code >> 5, message.code & 31);
        return 1;
      }
      if (is_more && (message.block & 7) != (long)szx) die("the server wants blocks of another size");
      offset += count;
      bytes += count;
      consume(message);
    }
  } while (now() - begin < limit);
  printf("%zu %zu %.6f %.6f\n", bytes, requests, now() - begin, server_time(argv[6]) - processor);
}
