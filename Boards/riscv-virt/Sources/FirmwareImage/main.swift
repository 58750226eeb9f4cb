import BoardFirmware
import PortLwIP
import VirtFirmware

// The network that QEMU gives to its guests.
let address = LwIPAddress(
  own: IPv4(10, 0, 2, 15), mask: IPv4(255, 255, 255, 0), gateway: IPv4(10, 0, 2, 2))

// The first two and one are board.sh's CLWIP_CONNECTIONS.
let sizes = FirmwareSizes(
  connections: 4, waiting: 2, transmit: 2464, deferred: 4, secured: 4, arena: 24_576)

unsafe Firmware<Virt>.run(
  address, sizes: sizes, region: region, credentials: SharedKeyCredentials.self)
