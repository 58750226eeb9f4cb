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
  name: "template",
  dependencies: [
    // The name is given so that the folder of a clone may be called anything.
    .package(name: "coap-device-sdk", path: "../..")
  ],
  targets: [
    .target(
      name: "BoardSupport",
      cSettings: [.enableWarning("all"), .treatAllWarnings(as: .error)]),
    .target(
      name: "Board",
      dependencies: [
        "BoardSupport",
        .product(name: "DeviceCore", package: "coap-device-sdk"),
        .product(name: "Port", package: "coap-device-sdk"),
        .product(name: "PortCheck", package: "coap-device-sdk"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "CheckImage",
      dependencies: [
        "Board",
        .product(name: "Port", package: "coap-device-sdk"),
        .product(name: "PortCheck", package: "coap-device-sdk"),
      ],
      swiftSettings: settings),
  ]
)
