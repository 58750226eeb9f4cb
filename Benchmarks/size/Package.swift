// swift-tools-version: 6.2
import PackageDescription

// Linked for bare metal only, to see what a firmware with the core costs: see README.md.
let package = Package(
  name: "size",
  dependencies: [.package(name: "coap-device-sdk", path: "../..")],
  targets: [
    .target(name: "CSizeProbe"),
    .executableTarget(
      name: "SizeProbe",
      dependencies: [
        "CSizeProbe",
        .product(name: "DeviceCore", package: "coap-device-sdk"),
        .product(name: "Port", package: "coap-device-sdk"),
      ],
      swiftSettings: [
        .swiftLanguageMode(.v6),
        .enableExperimentalFeature("Lifetimes"),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
      ]),
  ]
)
