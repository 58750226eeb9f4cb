// swift-tools-version: 6.2
import PackageDescription

// An image for Boards/mps2-an386. That board's C code and the messages of the codec benchmark are links.
let package = Package(
  name: "target-benchmark",
  dependencies: [
    .package(path: "../../Boards/cortex-m"),
    // The name is given so that the folder of a clone may be called anything.
    .package(name: "coap-device-sdk", path: "../.."),
  ],
  targets: [
    .target(
      name: "BoardSupport", dependencies: [.product(name: "CortexM", package: "cortex-m")]),
    .target(name: "CHarness"),
    .target(
      name: "CStopwatch", dependencies: [.product(name: "CortexM", package: "cortex-m")],
      cSettings: [.enableWarning("all"), .treatAllWarnings(as: .error)]),
    .executableTarget(
      name: "TargetBenchmark",
      dependencies: [
        "BoardSupport", "CHarness", "CStopwatch",
        .product(name: "CortexMConsole", package: "cortex-m"),
        .product(name: "DeviceCore", package: "coap-device-sdk"),
      ],
      swiftSettings: [
        .enableExperimentalFeature("Lifetimes"),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
        .treatWarning("EmbeddedRestrictions", as: .error),
      ]),
  ]
)
