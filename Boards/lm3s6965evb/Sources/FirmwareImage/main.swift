import BoardFirmware
import CortexMFirmware
import PortLwIP

// The network that QEMU gives to its guests.
let address = LwIPAddress(
  own: IPv4(10, 0, 2, 15), mask: IPv4(255, 255, 255, 0), gateway: IPv4(10, 0, 2, 2))

// The first two and one are board.sh's CLWIP_CONNECTIONS.
let sizes = FirmwareSizes(connections: 2, waiting: 1, secured: 2, arena: 11_264)

unsafe Firmware<CortexMMachine>.run(
  address, sizes: sizes, region: region, credentials: SharedKeyCredentials.self)
