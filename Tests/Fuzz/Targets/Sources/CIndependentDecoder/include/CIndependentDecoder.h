// A second opinion: CoAP over reliable transports read as RFC 8323, 7252, 8974 and 6455 have it, in C, for the
// fuzz targets alone. It shares nothing with the SDK, and shows no mercy: what it refuses must not be sent.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum decoder_outcome {
  DECODER_MESSAGE,
  DECODER_INCOMPLETE,
  /// Token length 15, or longer than allowed.
  DECODER_BAD_TOKEN_LENGTH,
  DECODER_TOO_LARGE,
  DECODER_BAD_DELTA,
  DECODER_BAD_LENGTH,
  DECODER_TRUNCATED_OPTION,
  DECODER_NUMBER_TOO_LARGE,
  DECODER_EMPTY_PAYLOAD,
  DECODER_NOT_EMPTY,
};

enum { DECODER_OPTION_CAPACITY = 512 };

struct decoder_option {
  uint32_t number;
  /// Of the value, in bytes from the start of the message.
  size_t offset;
  size_t length;
};

struct decoder_message {
  uint8_t code;
  size_t token_offset;
  size_t token_length;
  size_t payload_offset;
  size_t payload_length;
  /// All of it, as soon as that can be told.
  uint64_t size;
  /// How many there are; those beyond the capacity are not kept.
  size_t option_count;
  struct decoder_option options[DECODER_OPTION_CAPACITY];
};

/// Reads one message at the start of some bytes (RFC 8323 section 3.2).
enum decoder_outcome decoder_read(
    const uint8_t *_Nonnull bytes, size_t count, uint64_t largest_message, uint64_t largest_token,
    struct decoder_message *_Nonnull message);

/// Where a message can be read to: one for all, in C, because Swift does not take arrays of this size.
struct decoder_message *_Nonnull decoder_place(void);

/// One option of the message that was read there.
struct decoder_option decoder_place_option(size_t index);

/// What an end has sent so far, message by message.
struct output_judge {
  /// How many messages there were.
  unsigned count;
  int has_aborted;
  int has_released;
  /// Whether it may send requests at all.
  int may_ask;
  /// The largest message that its peer takes.
  uint64_t largest_message;
  /// WebSocket: who sends, whether a Close went out, and whether messages have no length.
  int is_client;
  int has_closed;
};

/// Looks at the whole messages in some bytes that follow what was looked at before.
///
/// - Returns: NULL, or the rule that was broken. `used` is how many bytes the whole messages have.
const char *_Nullable judge_stream(
    struct output_judge *_Nonnull judge, const uint8_t *_Nonnull bytes, size_t count, size_t *_Nonnull used);

/// The same for frames of a WebSocket (RFC 6455 section 5, RFC 8323 section 4.2).
const char *_Nullable judge_frames(
    struct output_judge *_Nonnull judge, const uint8_t *_Nonnull bytes, size_t count, size_t *_Nonnull used);

/// Whether these bytes occur in the others.
int bytes_occur(
    const uint8_t *_Nonnull bytes, size_t count, const uint8_t *_Nullable part, size_t part_count);

/// A link as the filter of RFC 6690 section 4.1 sees it; texts end with 0, NULL is an attribute that is not there.
struct link_target {
  const char *_Nonnull path;
  const char *_Nullable resource_type;
  const char *_Nullable interface_description;
  const char *_Nullable title;
  const char *_Nullable content_formats;
  const char *_Nullable size;
  int is_observable;
};

/// Whether a query `name=value` shows this link.
int link_is_shown(const struct link_target *_Nonnull link, const uint8_t *_Nonnull query, size_t count);
