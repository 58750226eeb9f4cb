// swift-tools-version: 6.2
import PackageDescription

// Everything here builds on the host in normal mode. The same library targets build in Embedded mode
// when a toolset from `toolchain/` says so: nothing in this manifest depends on the machine.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableExperimentalFeature("Lifetimes"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .treatWarning("EmbeddedRestrictions", as: .error),
]

let package = Package(
  name: "coap-device-sdk",
  products: [
    .library(name: "DeviceCore", targets: ["DeviceCore"]),
    .library(name: "Scenarios", targets: ["Scenarios"]),
  ],
  targets: [
    .target(name: "DeviceCore", swiftSettings: settings),

    .target(
      name: "Scenarios", dependencies: ["DeviceCore"], path: "Tests/Scenarios",
      swiftSettings: settings),
    .target(name: "CScenarioConsole", path: "Tests/CScenarioConsole"),
    .executableTarget(
      name: "ScenarioRunner", dependencies: ["Scenarios", "CScenarioConsole"],
      path: "Tests/ScenarioRunner", swiftSettings: settings),
    .testTarget(
      name: "DeviceCoreTests", dependencies: ["DeviceCore", "Scenarios"], swiftSettings: settings),
  ]
)
