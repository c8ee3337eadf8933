// swift-tools-version: 6.2
import PackageDescription

/// For `swift test` and editors; `wasmesh build` doesn't need it.
let package = Package(
    name: "OrderDesk",
    dependencies: [.package(name: "Mesh", path: "../../SDK/Swift")],
    targets: [
        .target(name: "OrderDesk", dependencies: [.product(name: "Mesh", package: "Mesh")]),
        .testTarget(name: "OrderDeskTests", dependencies: ["OrderDesk"]),
    ],
    swiftLanguageModes: [.v6]
)
