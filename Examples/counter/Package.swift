// swift-tools-version: 6.2
import PackageDescription

/// For `swift test` and editors; `wasmesh build` doesn't need it.
let package = Package(
    name: "Counter",
    dependencies: [.package(name: "Mesh", path: "../../SDK/Swift")],
    targets: [
        .target(name: "Counter", dependencies: [.product(name: "Mesh", package: "Mesh")]),
        .testTarget(name: "CounterTests", dependencies: ["Counter"]),
    ],
    swiftLanguageModes: [.v6]
)
