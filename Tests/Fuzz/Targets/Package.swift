// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the SDK's manifest knows nothing of fuzzing. Built by toolchain/fuzz, which adds
// the flags: the executable has no main of its own, libFuzzer brings it.
let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "coap-device-sdk", path: "../../..")],
  targets: [
    .target(name: "CFuzzSupport"),
    .target(name: "CIndependentDecoder"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "CFuzzSupport", "CIndependentDecoder",
        .product(name: "DeviceCore", package: "coap-device-sdk"),
        .product(name: "Scenarios", package: "coap-device-sdk"),
      ],
      swiftSettings: [
        .swiftLanguageMode(.v6),
        .enableExperimentalFeature("Lifetimes"),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
      ]),
  ]
)
