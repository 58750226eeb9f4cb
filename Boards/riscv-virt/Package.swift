// swift-tools-version: 6.2
import PackageDescription

// Embedded mode, the core and the memory map come from the toolsets on the command line, see README.md.
let settings: [SwiftSetting] = [
  .enableExperimentalFeature("Lifetimes"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .treatWarning("EmbeddedRestrictions", as: .error),
]

let package = Package(
  name: "riscv-virt",
  dependencies: [
    // The name is given so that the folder of a clone may be called anything.
    .package(name: "coap-device-sdk", path: "../..")
  ],
  targets: [
    .target(
      name: "BoardSupport",
      cSettings: [.enableWarning("all"), .treatAllWarnings(as: .error)]),
    .target(name: "Board", dependencies: ["BoardSupport"], swiftSettings: settings),
    .executableTarget(
      name: "ScenarioImage",
      dependencies: ["Board", .product(name: "Scenarios", package: "coap-device-sdk")],
      swiftSettings: settings),
    .target(
      name: "VirtFirmware",
      dependencies: [
        "Board", "BoardSupport",
        .product(name: "BoardFirmware", package: "coap-device-sdk"),
        .product(name: "DeviceCore", package: "coap-device-sdk"),
        .product(name: "PortLwIP", package: "coap-device-sdk"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "FirmwareImage",
      dependencies: [
        "VirtFirmware",
        .product(name: "BoardFirmware", package: "coap-device-sdk"),
        .product(name: "PortLwIP", package: "coap-device-sdk"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "CheckImage",
      dependencies: [
        "VirtFirmware",
        .product(name: "BoardFirmware", package: "coap-device-sdk"),
        .product(name: "PortLwIP", package: "coap-device-sdk"),
      ],
      swiftSettings: settings),
  ]
)
