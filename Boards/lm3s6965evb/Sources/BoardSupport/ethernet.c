// The Ethernet controller of the LM3S6965, polled, frames in and out through its FIFOs.

#include <CortexM.h>

#define MAC(offset) REGISTER(0x40048000 + (offset))

/// Read: what has happened. Written: what of it is taken back.
#define INTERRUPT_STATUS MAC(0x00)
#define INTERRUPT_MASK MAC(0x04)
#define INTERRUPT_RECEIVED (1u << 0)
#define INTERRUPT_TRANSMIT_ERROR (1u << 1)
#define INTERRUPT_RECEIVE_OVERRUN (1u << 3)
#define RECEIVE_CONTROL MAC(0x08)
#define RECEIVE_ON (1u << 0)
#define RECEIVE_DROP_BAD (1u << 3)
#define RECEIVE_EMPTY_FIFO (1u << 4)
#define TRANSMIT_CONTROL MAC(0x0C)
#define TRANSMIT_ON (1u << 0)
#define TRANSMIT_FILL_UP (1u << 1)
#define TRANSMIT_CHECKSUM (1u << 2)
#define TRANSMIT_FULL_DUPLEX (1u << 4)
#define DATA MAC(0x10)
#define ADDRESS_LOW MAC(0x14)
#define ADDRESS_HIGH MAC(0x18)
#define MANAGEMENT_DIVIDER MAC(0x24)
#define FRAMES_RECEIVED MAC(0x34)
#define TRANSMISSION MAC(0x38)
#define TRANSMISSION_BEGIN (1u << 0)

// A frame in a FIFO begins with a count of two bytes. One that came: this count, the frame and its checksum. One
// that goes: what follows the Ethernet header.
#define COUNT_BYTES 2
#define CHECKSUM_BYTES 4
#define HEADER_BYTES 14

const uint8_t ethernet_interrupt = 42;

static word_fifo_reader received = {.data = &DATA};
static word_fifo_writer unsent = {.data = &DATA};

bool ethernet_start(uint8_t address[6]) {
  INTERRUPT_MASK = 0;
  RECEIVE_CONTROL = RECEIVE_EMPTY_FIFO;
  INTERRUPT_STATUS = INTERRUPT_STATUS;

  uint32_t low = ADDRESS_LOW, high = ADDRESS_HIGH & 0xFFFF;
  if (low == 0 && high == 0) {
    for (int i = 0; i < 4; i++) low |= (uint32_t)address[i] << (8 * i);
    for (int i = 0; i < 2; i++) high |= (uint32_t)address[4 + i] << (8 * i);
    ADDRESS_LOW = low;
    ADDRESS_HIGH = high;
  }
  for (int i = 0; i < 4; i++) address[i] = (uint8_t)(low >> (8 * i));
  for (int i = 0; i < 2; i++) address[4 + i] = (uint8_t)(high >> (8 * i));
  if (ADDRESS_LOW != low) return false;

  // At most 2.5 MHz for the transceiver, which agrees with the other side by itself.
  MANAGEMENT_DIVIDER = board_clock_hertz / 2 / 2500000 - 1;
  TRANSMIT_CONTROL = TRANSMIT_ON | TRANSMIT_FILL_UP | TRANSMIT_CHECKSUM | TRANSMIT_FULL_DUPLEX;
  RECEIVE_CONTROL = RECEIVE_ON | RECEIVE_DROP_BAD;
  INTERRUPT_MASK = INTERRUPT_RECEIVED;
  return true;
}

bool ethernet_is_idle(void) {
  INTERRUPT_STATUS = INTERRUPT_RECEIVED;
  return FRAMES_RECEIVED == 0;
}

// MARK: Receiving

size_t ethernet_begin_receive(void) {
  if (INTERRUPT_STATUS & INTERRUPT_RECEIVE_OVERRUN) {
    // What is in the FIFO may be half a frame.
    INTERRUPT_STATUS = INTERRUPT_RECEIVE_OVERRUN;
    RECEIVE_CONTROL = RECEIVE_ON | RECEIVE_DROP_BAD | RECEIVE_EMPTY_FIFO;
  }
  while (FRAMES_RECEIVED > 0) {
    uint32_t word = DATA;
    size_t count = word & 0xFFFF;
    received.words = (count + 3) / 4 - 1;
    received.partial = word >> 16;
    received.partial_bytes = 2;
    if (count > COUNT_BYTES + CHECKSUM_BYTES) return count - COUNT_BYTES - CHECKSUM_BYTES;
    ethernet_end_receive();
  }
  return 0;
}

void ethernet_receive(uint8_t *bytes, size_t count) { word_fifo_read(&received, bytes, count); }

void ethernet_end_receive(void) { word_fifo_drop(&received); }

// MARK: Sending

bool ethernet_begin_send(size_t count) {
  // There is room for one frame.
  if (TRANSMISSION & TRANSMISSION_BEGIN) return false;
  // This empties the FIFO, too.
  INTERRUPT_STATUS = INTERRUPT_TRANSMIT_ERROR;
  unsent.partial = (uint32_t)(count - HEADER_BYTES);
  unsent.partial_bytes = COUNT_BYTES;
  return true;
}

void ethernet_send(const uint8_t *bytes, size_t count) { word_fifo_write(&unsent, bytes, count); }

void ethernet_end_send(void) {
  word_fifo_finish(&unsent);
  TRANSMISSION = TRANSMISSION_BEGIN;
}
