// swift-tools-version: 6.2
import PackageDescription

/// For `swift test` and editors; `wasmesh build` doesn't need it.
let package = Package(
    name: "Shop",
    dependencies: [.package(name: "Mesh", path: "../../SDK/Swift")],
    targets: [
        .target(name: "Shop", dependencies: [.product(name: "Mesh", package: "Mesh")]),
        .testTarget(name: "ShopTests", dependencies: ["Shop"]),
    ],
    swiftLanguageModes: [.v6]
)
