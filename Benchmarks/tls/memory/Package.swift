// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the SDK's manifest knows nothing of benchmarks. It needs the flags that build_mbedtls
// (toolchain/lib/mbedtls.sh) gives for the host: mbedTLS with the boards' configuration.
let package = Package(
  name: "tls-memory-benchmark",
  dependencies: [.package(name: "coap-device-sdk", path: "../../..")],
  targets: [
    .target(name: "CProcesses"),
    .executableTarget(
      name: "tls-memory",
      dependencies: [
        "CProcesses",
        .product(name: "DeviceCore", package: "coap-device-sdk"),
        .product(name: "Port", package: "coap-device-sdk"),
        .product(name: "PortTLS", package: "coap-device-sdk"),
        .product(name: "PortTLSCertificates", package: "coap-device-sdk"),
        .product(name: "TLSArena", package: "coap-device-sdk"),
      ],
      swiftSettings: [
        .swiftLanguageMode(.v6),
        .enableExperimentalFeature("Lifetimes"),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
      ]),
  ]
)
