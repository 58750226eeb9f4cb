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

// Code for people at a terminal: uses Foundation and libraries, never runs on a device.
let hostSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableExperimentalFeature("Lifetimes"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "coap-device-sdk",
  products: [
    .library(name: "DeviceCore", targets: ["DeviceCore"]),
    .library(name: "Port", targets: ["Port"]),
    .library(name: "PortSockets", targets: ["PortSockets"]),
    .library(name: "PortTLS", targets: ["PortTLS"]),
    .library(name: "PortTLSCertificates", targets: ["PortTLSCertificates"]),
    .library(name: "PortWebSocket", targets: ["PortWebSocket"]),
    .library(name: "TLSArena", targets: ["TLSArena"]),
    .library(name: "PortLwIP", targets: ["PortLwIP"]),
    .library(name: "PortCheck", targets: ["PortCheck"]),
    .library(name: "BoardFirmware", targets: ["BoardFirmware"]),
    .library(name: "BoardFirmwareCertificates", targets: ["BoardFirmwareCertificates"]),
    .library(name: "BoardResources", targets: ["BoardResources"]),
    .library(name: "Scenarios", targets: ["Scenarios"]),
    .executable(name: "simulator", targets: ["simulator"]),
    .executable(name: "coap", targets: ["coap"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
  ],
  targets: [
    .target(name: "DeviceCore", swiftSettings: settings),

    .target(
      name: "Port", dependencies: ["DeviceCore"], path: "Sources/Port/Port",
      swiftSettings: settings),
    .target(name: "CSockets", path: "Sources/Port/CSockets"),
    .target(
      name: "PortSockets", dependencies: ["Port", "DeviceCore", "CSockets"],
      path: "Sources/Port/PortSockets", swiftSettings: settings),

    .systemLibrary(name: "CMbedTLS", path: "Sources/Port/CMbedTLS"),
    .target(
      name: "PortTLS", dependencies: ["Port", "DeviceCore", "CMbedTLS"], path: "Sources/Port/PortTLS",
      swiftSettings: settings),
    .target(
      name: "PortTLSCertificates", dependencies: ["PortTLS", "Port", "DeviceCore", "CMbedTLS"],
      path: "Sources/Port/PortTLSCertificates", swiftSettings: settings),

    .target(
      name: "PortWebSocket", dependencies: ["Port", "DeviceCore", "CMbedTLS"],
      path: "Sources/Port/PortWebSocket", swiftSettings: settings),

    .target(name: "TLSArena", path: "Sources/Port/TLSArena", swiftSettings: settings),

    .systemLibrary(name: "CLwIP", path: "Sources/Port/CLwIP"),
    .target(
      name: "PortLwIP", dependencies: ["Port", "DeviceCore", "CLwIP"], path: "Sources/Port/PortLwIP",
      swiftSettings: settings),

    .target(
      name: "PortCheck", dependencies: ["Port", "DeviceCore"], path: "Sources/Port/PortCheck",
      swiftSettings: settings),

    .target(
      name: "BoardResources", dependencies: ["DeviceCore", "Port"], path: "Boards/resources",
      swiftSettings: settings),
    .target(
      name: "BoardFirmware",
      dependencies: [
        "BoardResources", "DeviceCore", "Port", "PortLwIP", "CLwIP", "PortTLS", "CMbedTLS", "TLSArena",
      ],
      path: "Boards/firmware", exclude: ["Certificates"], swiftSettings: settings),
    .target(
      name: "BoardFirmwareCertificates", dependencies: ["BoardFirmware", "PortTLS", "PortTLSCertificates"],
      path: "Boards/firmware/Certificates", swiftSettings: settings),
    .target(
      name: "LinuxSupport",
      dependencies: [
        "DeviceCore", "Port", "PortSockets", "CSockets", "PortTLS", "PortTLSCertificates", "PortWebSocket",
        "CMbedTLS", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Boards/linux/Support", swiftSettings: hostSettings),
    .executableTarget(
      name: "simulator",
      dependencies: [
        "DeviceCore", "Port", "PortSockets", "CSockets", "PortTLS", "PortWebSocket", "LinuxSupport",
        "BoardResources",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Boards/linux/simulator", swiftSettings: hostSettings),
    .executableTarget(
      name: "example", dependencies: ["DeviceCore", "Port", "PortSockets", "LinuxSupport"],
      path: "Boards/linux/example", swiftSettings: hostSettings),
    .target(name: "CCheckSupport", dependencies: ["CSockets"], path: "Boards/linux/check/Support"),
    .executableTarget(
      name: "port-check",
      dependencies: ["PortCheck", "DeviceCore", "Port", "PortSockets", "CSockets", "CCheckSupport"],
      path: "Boards/linux/check/Runner", swiftSettings: settings),
    .executableTarget(
      name: "coap",
      dependencies: [
        "DeviceCore", "Port", "PortSockets", "CSockets", "PortTLS", "PortWebSocket", "LinuxSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Boards/linux/coap", swiftSettings: hostSettings),

    .target(
      name: "Scenarios", dependencies: ["DeviceCore", "SpanTrap", "CScenarioMemory"],
      path: "Tests/Scenarios", swiftSettings: settings),
    .target(name: "SpanTrap", path: "Tests/SpanTrap", swiftSettings: settings),
    .target(name: "CScenarioMemory", path: "Tests/CScenarioMemory"),
    .target(name: "CScenarioConsole", path: "Tests/CScenarioConsole"),
    .executableTarget(
      name: "ScenarioRunner", dependencies: ["Scenarios", "CScenarioConsole"],
      path: "Tests/ScenarioRunner", swiftSettings: settings),
    .testTarget(
      name: "PortTests",
      dependencies: [
        "DeviceCore", "Port", "PortTLS", "PortTLSCertificates", "PortWebSocket", "CMbedTLS", "TLSArena",
      ],
      swiftSettings: hostSettings),
    .testTarget(
      name: "DeviceCoreTests", dependencies: ["DeviceCore", "Scenarios"], swiftSettings: hostSettings),
  ]
)
