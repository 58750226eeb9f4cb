#include "WordFIFO.h"

void word_fifo_read(word_fifo_reader *fifo, uint8_t *bytes, size_t count) {
  while (count > 0) {
    if (fifo->partial_bytes == 0) {
      if (fifo->words == 0) return;
      uint32_t word = *fifo->data;
      fifo->words--;
      if (count >= 4) {
        __builtin_memcpy(bytes, &word, 4);
        bytes += 4;
        count -= 4;
        continue;
      }
      fifo->partial = word;
      fifo->partial_bytes = 4;
    }
    *bytes++ = (uint8_t)fifo->partial;
    count--;
    fifo->partial >>= 8;
    fifo->partial_bytes--;
  }
}

void word_fifo_drop(word_fifo_reader *fifo) {
  for (; fifo->words > 0; fifo->words--) (void)*fifo->data;
  fifo->partial_bytes = 0;
}

void word_fifo_write(word_fifo_writer *fifo, const uint8_t *bytes, size_t count) {
  while (count > 0) {
    if (fifo->partial_bytes == 0 && count >= 4) {
      uint32_t word;
      __builtin_memcpy(&word, bytes, 4);
      *fifo->data = word;
      bytes += 4;
      count -= 4;
      continue;
    }
    fifo->partial |= (uint32_t)*bytes++ << (8 * fifo->partial_bytes);
    count--;
    if (++fifo->partial_bytes == 4) word_fifo_finish(fifo);
  }
}

void word_fifo_finish(word_fifo_writer *fifo) {
  if (fifo->partial_bytes == 0) return;
  *fifo->data = fifo->partial;
  fifo->partial = 0;
  fifo->partial_bytes = 0;
}
