// swift-tools-version: 6.2
import PackageDescription

/// The SDK as a native package: for unit tests of handlers, and for editors. `wasmesh build` compiles the same sources in
/// Embedded Swift for WebAssembly, without this manifest.
let package = Package(
    name: "Mesh",
    products: [.library(name: "Mesh", targets: ["Mesh"])],
    targets: [
        .target(name: "CMeshRuntime"),
        .target(
            name: "Mesh",
            swiftSettings: [.enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility")]),
        .testTarget(name: "MeshTests", dependencies: ["Mesh", "CMeshRuntime"]),
    ],
    swiftLanguageModes: [.v6]
)
