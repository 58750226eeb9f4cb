#ifndef BROWSER_SUPPORT_H
#define BROWSER_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

/// The largest message that is taken: 32 blocks of a BERT, with room for the options in front of them.
#define BROWSER_LARGEST_MESSAGE 33920

/// Bytes that JavaScript and Swift hand to each other beside messages: options, bodies, answers, paths.
#define BROWSER_SCRATCH_SIZE 65536

/// A WebSocket message that has come in; four bytes in front of it are free.
uint8_t *_Nonnull browser_inbox(void);
/// BROWSER_SCRATCH_SIZE bytes.
uint8_t *_Nonnull browser_scratch(void);
/// BROWSER_SCRATCH_SIZE bytes, where a body of the peer is put together.
uint8_t *_Nonnull browser_assembly(void);
/// What the connection receives into: BROWSER_LARGEST_MESSAGE bytes and four.
uint8_t *_Nonnull browser_receive(void);
/// What it sends from: twice BROWSER_LARGEST_MESSAGE bytes.
uint8_t *_Nonnull browser_transmit(void);

/// Asks the page for an answer to a request for one of its resources, with the body in the scratch bytes.
///
/// `format` and `accept` are one more than a Content-Format, or zero for none. The result has the code in its
/// lowest byte, above it one more than the Content-Format of the answer, or zero; the length of the answer is
/// written to `count`.
__attribute__((import_module("page"), import_name("respond")))
uint32_t page_respond(
  uint32_t resource, uint32_t method, const uint8_t *_Nullable payload, uint32_t payload_count,
  uint32_t format, uint32_t accept, uint32_t *_Nonnull count);

/// Asks the page for the links to its resources, in the scratch bytes.
///
/// Returns their length.
__attribute__((import_module("page"), import_name("links")))
uint32_t page_links(void);

#endif
