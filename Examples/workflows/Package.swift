// swift-tools-version: 6.2
import PackageDescription

/// For `swift test` and editors; `wasmesh build` doesn't need it.
let package = Package(
    name: "Workflows",
    dependencies: [.package(name: "Mesh", path: "../../SDK/Swift")],
    targets: [
        .target(name: "Workflows", dependencies: [.product(name: "Mesh", package: "Mesh")]),
        .testTarget(name: "WorkflowsTests", dependencies: ["Workflows"]),
    ],
    swiftLanguageModes: [.v6]
)
