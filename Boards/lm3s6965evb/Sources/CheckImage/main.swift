import BoardFirmware
import CortexMFirmware
import PortLwIP

// The network that QEMU gives to its guests.
let address = LwIPAddress(
  own: IPv4(10, 0, 2, 15), mask: IPv4(255, 255, 255, 0), gateway: IPv4(10, 0, 2, 2))

unsafe FirmwareCheck<CortexMMachine>.run(address, region: region)
