// swift-tools-version: 6.2
import PackageDescription

// Embedded mode and the core come from the toolsets on the command line, see README.md.
let package = Package(
  name: "browser",
  products: [.library(name: "BrowserModule", type: .static, targets: ["BrowserModule"])],
  dependencies: [
    // The name is given so that the folder of a clone may be called anything.
    .package(name: "coap-device-sdk", path: "../..")
  ],
  targets: [
    .target(
      name: "BrowserSupport",
      cSettings: [.enableWarning("all"), .treatAllWarnings(as: .error)]),
    .target(
      name: "BrowserModule",
      dependencies: ["BrowserSupport", .product(name: "DeviceCore", package: "coap-device-sdk")],
      swiftSettings: [
        .swiftLanguageMode(.v6),
        .enableExperimentalFeature("Lifetimes"),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
        .treatWarning("EmbeddedRestrictions", as: .error),
      ]),
  ]
)
