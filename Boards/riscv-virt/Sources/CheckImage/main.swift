import BoardFirmware
import PortLwIP
import VirtFirmware

// The network that QEMU gives to its guests.
let address = LwIPAddress(
  own: IPv4(10, 0, 2, 15), mask: IPv4(255, 255, 255, 0), gateway: IPv4(10, 0, 2, 2))

unsafe FirmwareCheck<Virt>.run(address, region: region)
