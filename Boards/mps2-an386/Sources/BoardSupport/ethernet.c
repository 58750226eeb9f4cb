// The Ethernet chip: SMSC LAN9118, polled, frames in and out through its FIFOs.

#include <CortexM.h>

#define LAN(offset) REGISTER(0x40200000 + (offset))

#define RX_DATA LAN(0x00)
#define TX_DATA LAN(0x20)
#define RX_STATUS LAN(0x40)
#define RX_STATUS_BYTE_COUNT(status) (((status) >> 16) & 0x3FFF)
#define RX_STATUS_ERROR (1u << 15)
#define TX_STATUS LAN(0x48)
#define IRQ_CONFIGURATION LAN(0x54)
#define IRQ_ENABLE_ACTIVE_HIGH ((1u << 8) | (1u << 4) | 1u)
#define INTERRUPT_STATUS LAN(0x58)
#define INTERRUPT_ENABLE LAN(0x5C)
#define INTERRUPT_RX_STATUS_LEVEL (1u << 3)
#define BYTE_TEST LAN(0x64)
#define FIFO_LEVELS LAN(0x68)
#define RX_CONFIGURATION LAN(0x6C)
#define TX_CONFIGURATION LAN(0x70)
#define TX_CONFIGURATION_ON (1u << 1)
#define HARDWARE_CONFIGURATION LAN(0x74)
#define HARDWARE_SOFT_RESET (1u << 0)
#define HARDWARE_STORE_AND_FORWARD (1u << 20)
#define HARDWARE_TX_FIFO_KIBIBYTES(size) ((uint32_t)(size) << 16)
#define RX_FIFO LAN(0x7C)
#define RX_FIFO_STATUS_COUNT ((RX_FIFO >> 16) & 0xFF)
#define TX_FIFO LAN(0x80)
#define TX_FIFO_FREE_BYTES (TX_FIFO & 0xFFFF)
#define TX_FIFO_STATUS_COUNT ((TX_FIFO >> 16) & 0xFF)
#define POWER_CONTROL LAN(0x84)
#define POWER_READY (1u << 0)
#define MAC_COMMAND LAN(0xA4)
#define MAC_COMMAND_BUSY (1u << 31)
#define MAC_COMMAND_READ (1u << 30)
#define MAC_DATA LAN(0xA8)
#define EEPROM_COMMAND LAN(0xB0)
#define EEPROM_BUSY (1u << 31)

#define TX_COMMAND_WHOLE_FRAME ((1u << 13) | (1u << 12))

// Registers behind MAC_COMMAND, and behind the second of them those of the transceiver.
enum { MAC_CONTROL = 1, MAC_ADDRESS_HIGH = 2, MAC_ADDRESS_LOW = 3, MII_ACCESS = 6, MII_DATA = 7 };
#define MAC_CONTROL_FULL_DUPLEX (1u << 20)
#define MAC_CONTROL_TRANSMIT (1u << 3)
#define MAC_CONTROL_RECEIVE (1u << 2)
#define MII_ACCESS_WRITE(phy_register) ((1u << 11) | ((phy_register) << 6) | (1u << 1))
#define PHY_CONTROL 0
#define PHY_CONTROL_NEGOTIATE ((1u << 12) | (1u << 9))

#define CHECKSUM_BYTES 4

const uint8_t ethernet_interrupt = 13;

static word_fifo_reader received = {.data = &RX_DATA};
static word_fifo_writer unsent = {.data = &TX_DATA};

/// More than any of the chip's pauses takes.
#define MOST_TRIES 1000000

static bool wait_until_clear(volatile uint32_t *reg, uint32_t bit) {
  for (uint32_t i = 0; i < MOST_TRIES; i++) {
    if ((*reg & bit) == 0) return true;
  }
  return false;
}

static uint32_t read_mac(uint32_t index) {
  MAC_COMMAND = MAC_COMMAND_BUSY | MAC_COMMAND_READ | index;
  wait_until_clear(&MAC_COMMAND, MAC_COMMAND_BUSY);
  return MAC_DATA;
}

static void write_mac(uint32_t index, uint32_t value) {
  MAC_DATA = value;
  MAC_COMMAND = MAC_COMMAND_BUSY | index;
  wait_until_clear(&MAC_COMMAND, MAC_COMMAND_BUSY);
}

/// The address that the chip has read from its EEPROM; without one `address` becomes the chip's.
static void exchange_address(uint8_t address[6]) {
  uint32_t low = read_mac(MAC_ADDRESS_LOW), high = read_mac(MAC_ADDRESS_HIGH) & 0xFFFF;
  if (low == 0xFFFFFFFF && high == 0xFFFF) {
    write_mac(MAC_ADDRESS_LOW, address[0] | (uint32_t)address[1] << 8 | (uint32_t)address[2] << 16 |
                                   (uint32_t)address[3] << 24);
    write_mac(MAC_ADDRESS_HIGH, address[4] | (uint32_t)address[5] << 8);
    return;
  }
  for (int i = 0; i < 4; i++) address[i] = (uint8_t)(low >> (8 * i));
  for (int i = 0; i < 2; i++) address[4 + i] = (uint8_t)(high >> (8 * i));
}

bool ethernet_start(uint8_t address[6]) {
  for (uint32_t i = 0; (POWER_CONTROL & POWER_READY) == 0; i++) {
    if (i == MOST_TRIES) return false;
  }
  if (BYTE_TEST != 0x87654321) return false;
  HARDWARE_CONFIGURATION = HARDWARE_SOFT_RESET;
  if (!wait_until_clear(&HARDWARE_CONFIGURATION, HARDWARE_SOFT_RESET)) return false;
  HARDWARE_CONFIGURATION = HARDWARE_STORE_AND_FORWARD | HARDWARE_TX_FIFO_KIBIBYTES(5);
  if (!wait_until_clear(&EEPROM_COMMAND, EEPROM_BUSY)) return false;
  exchange_address(address);

  write_mac(MII_DATA, PHY_CONTROL_NEGOTIATE);
  write_mac(MII_ACCESS, MII_ACCESS_WRITE(PHY_CONTROL));

  // One frame is enough to end the sleep.
  FIFO_LEVELS = 0x48000000;
  IRQ_CONFIGURATION = IRQ_ENABLE_ACTIVE_HIGH;
  INTERRUPT_ENABLE = INTERRUPT_RX_STATUS_LEVEL;

  RX_CONFIGURATION = 0;
  TX_CONFIGURATION = TX_CONFIGURATION_ON;
  write_mac(MAC_CONTROL, MAC_CONTROL_FULL_DUPLEX | MAC_CONTROL_TRANSMIT | MAC_CONTROL_RECEIVE);
  return true;
}

bool ethernet_is_idle(void) {
  INTERRUPT_STATUS = INTERRUPT_RX_STATUS_LEVEL;
  return RX_FIFO_STATUS_COUNT == 0;
}

// MARK: Receiving

size_t ethernet_begin_receive(void) {
  while (RX_FIFO_STATUS_COUNT > 0) {
    uint32_t status = RX_STATUS;
    size_t count = RX_STATUS_BYTE_COUNT(status);
    received.words = (count + 3) / 4;
    received.partial_bytes = 0;
    if ((status & RX_STATUS_ERROR) == 0 && count > CHECKSUM_BYTES) return count - CHECKSUM_BYTES;
    ethernet_end_receive();
  }
  return 0;
}

void ethernet_receive(uint8_t *bytes, size_t count) { word_fifo_read(&received, bytes, count); }

void ethernet_end_receive(void) { word_fifo_drop(&received); }

// MARK: Sending

bool ethernet_begin_send(size_t count) {
  // Nobody asks what became of a frame, but the chip stops when it cannot tell any more.
  while (TX_FIFO_STATUS_COUNT > 0) (void)TX_STATUS;
  if (TX_FIFO_FREE_BYTES < count + 16) return false;
  TX_DATA = TX_COMMAND_WHOLE_FRAME | count;
  TX_DATA = count;
  unsent.partial = 0;
  unsent.partial_bytes = 0;
  return true;
}

void ethernet_send(const uint8_t *bytes, size_t count) { word_fifo_write(&unsent, bytes, count); }

void ethernet_end_send(void) { word_fifo_finish(&unsent); }
