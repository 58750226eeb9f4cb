#ifndef WORD_FIFO_H
#define WORD_FIFO_H

#include <stddef.h>
#include <stdint.h>

// Bytes in and out of a register that takes and gives words, the first byte lowest.

typedef struct {
  volatile uint32_t *data;
  /// Words that wait in the FIFO.
  size_t words;
  /// Bytes of a word that were not taken yet: the next one lowest.
  uint32_t partial;
  size_t partial_bytes;
} word_fifo_reader;

/// Takes bytes, as many as there are.
void word_fifo_read(word_fifo_reader *fifo, uint8_t *bytes, size_t count);
/// Drops what is left.
void word_fifo_drop(word_fifo_reader *fifo);

typedef struct {
  volatile uint32_t *data;
  /// Bytes that do not make a word yet: the first one lowest.
  uint32_t partial;
  size_t partial_bytes;
} word_fifo_writer;

void word_fifo_write(word_fifo_writer *fifo, const uint8_t *bytes, size_t count);
/// Fills the last word up with zeros.
void word_fifo_finish(word_fifo_writer *fifo);

#endif
