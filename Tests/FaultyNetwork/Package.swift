// swift-tools-version: 6.2
import PackageDescription

// A simulated network with faults and a virtual clock: `toolchain/faults` builds and runs it. A package of its own, so
// that only what it needs is built, for speed.
let package = Package(
  name: "FaultyNetwork",
  dependencies: [.package(name: "coap-device-sdk", path: "../..")],
  targets: [
    .executableTarget(
      name: "FaultyNetwork",
      dependencies: [
        .product(name: "DeviceCore", package: "coap-device-sdk"),
        .product(name: "Port", package: "coap-device-sdk"),
        .product(name: "PortWebSocket", package: "coap-device-sdk"),
      ],
      swiftSettings: [.swiftLanguageMode(.v5), .enableExperimentalFeature("Lifetimes")])
  ]
)
