// swift-tools-version: 6.2
import PackageDescription

// The doors of the core, each open to libFuzzer. `toolchain/fuzz` builds and runs it; a package of its own, since all
// of it and all that it uses is compiled with -sanitize=fuzzer,address.
let package = Package(
  name: "Fuzz",
  dependencies: [.package(name: "coap-device-sdk", path: "../..")],
  targets: [
    .target(name: "CFuzz"),
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "CFuzz",
        .product(name: "DeviceCore", package: "coap-device-sdk"),
        .product(name: "Scenarios", package: "coap-device-sdk"),
      ],
      swiftSettings: [
        .swiftLanguageMode(.v6), .enableExperimentalFeature("Lifetimes"), .unsafeFlags(["-parse-as-library"]),
      ]),
  ]
)
