// The network card: virtio-net 1.0 behind memory-mapped registers, polled, every frame in one static buffer.

#include "BoardSupport.h"
#include "registers.h"

#include <string.h>

// MARK: Registers

// A machine has eight places for cards, the interrupts of which are numbered from 1.
#define PLACES 8
static uintptr_t card;
#define PLACE(index) (0x10001000 + 0x1000 * (uintptr_t)(index))
#define CARD(offset) REGISTER(card + (offset))

#define MAGIC CARD(0x000)
#define VERSION CARD(0x004)
#define DEVICE_KIND CARD(0x008)
#define DEVICE_KIND_NETWORK 1
#define DEVICE_FEATURES CARD(0x010)
#define DEVICE_FEATURES_WORD CARD(0x014)
#define DRIVER_FEATURES CARD(0x020)
#define DRIVER_FEATURES_WORD CARD(0x024)
#define QUEUE_SELECT CARD(0x030)
#define QUEUE_LARGEST CARD(0x034)
#define QUEUE_COUNT CARD(0x038)
#define QUEUE_READY CARD(0x044)
#define QUEUE_NOTIFY CARD(0x050)
#define INTERRUPT_STATE CARD(0x060)
#define INTERRUPT_ACKNOWLEDGE CARD(0x064)
#define STATE CARD(0x070)
#define STATE_ACKNOWLEDGE (1u << 0)
#define STATE_DRIVER (1u << 1)
#define STATE_DRIVER_READY (1u << 2)
#define STATE_FEATURES_AGREED (1u << 3)
#define STATE_FAILED (1u << 7)
/// Each of these takes a 64-bit address in two words.
#define QUEUE_DESCRIPTORS 0x080
#define QUEUE_AVAILABLE 0x090
#define QUEUE_USED 0x0A0
#define ADDRESS_BYTE(index) BYTE_REGISTER(card + 0x100 + (uintptr_t)(index))

/// The card has a hardware address: a bit of the first word of features.
#define FEATURE_ADDRESS (1u << 5)
/// The card follows virtio 1.0: a bit of the second word.
#define FEATURE_VERSION_1 (1u << 0)

// MARK: Queues

/// Frames that may be under way in each direction.
#define FRAMES 8
/// The card's own header in front of a frame.
#define HEADER_BYTES 12
#define BUFFER_BYTES 1536

typedef struct {
  uint32_t address, address_high, count;
  uint16_t flags, next;
} descriptor;
#define CARD_WRITES (1u << 1)

/// Numbers of descriptors that the card may use.
typedef struct {
  volatile uint16_t flags, index, ring[FRAMES];
} available_ring;
#define NO_INTERRUPT 1

/// Those that it has used.
typedef struct {
  volatile uint16_t flags, index;
  volatile struct {
    uint32_t descriptor, count;
  } ring[FRAMES];
} used_ring;

/// Each descriptor has the buffer with the same number for ever.
typedef struct {
  _Alignas(16) descriptor descriptors[FRAMES];
  available_ring available;
  _Alignas(4) used_ring used;
  /// How many used ones were looked at.
  uint16_t seen;
  _Alignas(4) uint8_t buffers[FRAMES][BUFFER_BYTES];
} queue;

enum { RECEIVING = 0, SENDING = 1 };
static queue queues[2];

/// Of what the program and the card write, all before this is seen before all after it.
static void barrier(void) { __asm__ volatile("fence iorw, iorw" ::: "memory"); }

/// Leaves a buffer to the card.
static void give(int number, uint32_t index) {
  queue *given = &queues[number];
  given->available.ring[given->available.index % FRAMES] = (uint16_t)index;
  barrier();
  given->available.index++;
  barrier();
  QUEUE_NOTIFY = (uint32_t)number;
}

/// The oldest buffer that the card has used and nobody has looked at: its number in the ring, or -1.
static int oldest_used(const queue *looked_at) {
  if (looked_at->used.index == looked_at->seen) return -1;
  barrier();
  return looked_at->seen % FRAMES;
}

static void set_queue_address(uint32_t offset, const volatile void *address) {
  CARD(offset) = (uint32_t)(uintptr_t)address;
  CARD(offset + 4) = 0;
}

static bool start_queue(int number) {
  queue *started = &queues[number];
  for (int i = 0; i < FRAMES; i++) {
    started->descriptors[i].address = (uint32_t)(uintptr_t)started->buffers[i];
    started->descriptors[i].count = BUFFER_BYTES;
    started->descriptors[i].flags = number == RECEIVING ? CARD_WRITES : 0;
  }
  QUEUE_SELECT = (uint32_t)number;
  if (QUEUE_READY != 0 || QUEUE_LARGEST < FRAMES) return false;
  QUEUE_COUNT = FRAMES;
  set_queue_address(QUEUE_DESCRIPTORS, started->descriptors);
  set_queue_address(QUEUE_AVAILABLE, &started->available);
  set_queue_address(QUEUE_USED, &started->used);
  barrier();
  QUEUE_READY = 1;
  return true;
}

// MARK: Starting

static bool is_network_card(void) {
  return MAGIC == 0x74726976 && VERSION == 2 && DEVICE_KIND == DEVICE_KIND_NETWORK;
}

/// Buffers for sending that the card does not have.
static uint8_t unsent[FRAMES];
static int unsent_count;

static bool agree_and_start(uint8_t address[6]) {
  STATE = 0;
  STATE = STATE_ACKNOWLEDGE;
  STATE = STATE_ACKNOWLEDGE | STATE_DRIVER;

  DEVICE_FEATURES_WORD = 0;
  uint32_t features = DEVICE_FEATURES & FEATURE_ADDRESS;
  DEVICE_FEATURES_WORD = 1;
  if ((DEVICE_FEATURES & FEATURE_VERSION_1) == 0) return false;
  DRIVER_FEATURES_WORD = 0;
  DRIVER_FEATURES = features;
  DRIVER_FEATURES_WORD = 1;
  DRIVER_FEATURES = FEATURE_VERSION_1;
  STATE |= STATE_FEATURES_AGREED;
  if ((STATE & STATE_FEATURES_AGREED) == 0) return false;

  if (features & FEATURE_ADDRESS) {
    for (int i = 0; i < 6; i++) address[i] = ADDRESS_BYTE(i);
  }
  if (!start_queue(RECEIVING) || !start_queue(SENDING)) return false;
  queues[SENDING].available.flags = NO_INTERRUPT;
  STATE |= STATE_DRIVER_READY;
  for (int i = 0; i < FRAMES; i++) {
    give(RECEIVING, (uint32_t)i);
    unsent[i] = (uint8_t)i;
  }
  unsent_count = FRAMES;
  return true;
}

bool ethernet_start(uint8_t address[6]) {
  for (int place = 0; place < PLACES; place++) {
    card = PLACE(place);
    if (!is_network_card()) continue;
    if (!agree_and_start(address)) {
      STATE |= STATE_FAILED;
      break;
    }
    PLIC_PRIORITY(place + 1) = 1;
    PLIC_ENABLE = 1u << (place + 1);
    PLIC_THRESHOLD = 0;
    return true;
  }
  card = 0;
  return false;
}

// MARK: Receiving

/// The frame that is being received: its buffer, and what of it was not taken yet.
static uint32_t received;
static const uint8_t *rest;
static size_t rest_count;

size_t ethernet_begin_receive(void) {
  queue *receiving = &queues[RECEIVING];
  for (int place; (place = oldest_used(receiving)) >= 0; ethernet_end_receive()) {
    received = receiving->used.ring[place].descriptor % FRAMES;
    uint32_t count = receiving->used.ring[place].count;
    if (count <= HEADER_BYTES || count > BUFFER_BYTES) continue;
    rest = receiving->buffers[received] + HEADER_BYTES;
    rest_count = count - HEADER_BYTES;
    return rest_count;
  }
  return 0;
}

void ethernet_receive(uint8_t *bytes, size_t count) {
  if (count > rest_count) count = rest_count;
  memcpy(bytes, rest, count);
  rest += count;
  rest_count -= count;
}

void ethernet_end_receive(void) {
  rest_count = 0;
  queues[RECEIVING].seen++;
  give(RECEIVING, received);
}

// MARK: Sending

/// The buffer of the frame that is being sent, and how much is in it.
static uint32_t sent;
static size_t sent_count;

bool ethernet_begin_send(size_t count) {
  queue *sending = &queues[SENDING];
  for (int place; (place = oldest_used(sending)) >= 0; sending->seen++) {
    if (unsent_count < FRAMES) unsent[unsent_count++] = sending->used.ring[place].descriptor % FRAMES;
  }
  if (unsent_count == 0 || count > BUFFER_BYTES - HEADER_BYTES) return false;
  sent = unsent[unsent_count - 1];
  // The header asks for nothing: it is zero, as the buffer was at first.
  sent_count = HEADER_BYTES;
  return true;
}

void ethernet_send(const uint8_t *bytes, size_t count) {
  if (count > BUFFER_BYTES - sent_count) count = BUFFER_BYTES - sent_count;
  memcpy(queues[SENDING].buffers[sent] + sent_count, bytes, count);
  sent_count += count;
}

void ethernet_end_send(void) {
  queues[SENDING].descriptors[sent].count = sent_count;
  unsent_count--;
  give(SENDING, sent);
}

// MARK: Sleeping

bool ethernet_is_idle(void) {
  if (card == 0) return true;
  INTERRUPT_ACKNOWLEDGE = INTERRUPT_STATE;
  uint32_t interrupt = PLIC_CLAIM;
  if (interrupt != 0) PLIC_CLAIM = interrupt;
  barrier();
  return oldest_used(&queues[RECEIVING]) < 0;
}
