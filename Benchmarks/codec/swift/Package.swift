// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the SDK's manifest knows nothing of benchmarks.
let package = Package(
  name: "codec-benchmark",
  dependencies: [.package(name: "coap-device-sdk", path: "../../..")],
  targets: [
    .target(name: "CHarness"),
    .executableTarget(
      name: "codec-swift",
      dependencies: ["CHarness", .product(name: "DeviceCore", package: "coap-device-sdk")],
      swiftSettings: [
        .swiftLanguageMode(.v6),
        .enableExperimentalFeature("Lifetimes"),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
      ]),
  ]
)
