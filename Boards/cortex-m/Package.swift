// swift-tools-version: 6.2
import PackageDescription

// What the boards with a Cortex-M have in common. Each of them uses it by its path; see README.md.
let settings: [SwiftSetting] = [
  .enableExperimentalFeature("Lifetimes"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .treatWarning("EmbeddedRestrictions", as: .error),
]

let package = Package(
  name: "cortex-m",
  products: [
    .library(name: "CortexM", targets: ["CortexM"]),
    .library(name: "CortexMConsole", targets: ["CortexMConsole"]),
    .library(name: "CortexMFirmware", targets: ["CortexMFirmware"]),
  ],
  dependencies: [
    // The name is given so that the folder of a clone may be called anything.
    .package(name: "coap-device-sdk", path: "../..")
  ],
  targets: [
    .target(
      name: "CortexM",
      cSettings: [.enableWarning("all"), .treatAllWarnings(as: .error)]),
    .target(name: "CortexMConsole", dependencies: ["CortexM"], swiftSettings: settings),
    .target(
      name: "CortexMFirmware",
      dependencies: [
        "CortexM", "CortexMConsole",
        .product(name: "BoardFirmware", package: "coap-device-sdk"),
        .product(name: "DeviceCore", package: "coap-device-sdk"),
        .product(name: "PortLwIP", package: "coap-device-sdk"),
      ],
      swiftSettings: settings),
  ]
)
