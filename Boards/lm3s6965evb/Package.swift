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
  name: "lm3s6965evb",
  dependencies: [
    .package(path: "../cortex-m"),
    // The name is given so that the folder of a clone may be called anything.
    .package(name: "coap-device-sdk", path: "../.."),
  ],
  targets: [
    .target(
      name: "BoardSupport",
      dependencies: [.product(name: "CortexM", package: "cortex-m")],
      cSettings: [.enableWarning("all"), .treatAllWarnings(as: .error)]),
    .executableTarget(
      name: "FirmwareImage",
      dependencies: [
        "BoardSupport",
        .product(name: "CortexMFirmware", package: "cortex-m"),
        .product(name: "BoardFirmware", package: "coap-device-sdk"),
        .product(name: "PortLwIP", package: "coap-device-sdk"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "CheckImage",
      dependencies: [
        "BoardSupport",
        .product(name: "CortexMFirmware", package: "cortex-m"),
        .product(name: "BoardFirmware", package: "coap-device-sdk"),
        .product(name: "PortLwIP", package: "coap-device-sdk"),
      ],
      swiftSettings: settings),
  ]
)
