import Foundation
import MeshCore

/// The SDK's sources: what guests are compiled against.
package struct GuestSDK: Sendable, Equatable {
    /// The directory with `Swift/` and `C/`.
    package let directory: String

    /// As it stands in a package: `swift/0.1.0`.
    package static let version = "0.1.0"

    package init(directory: String) { self.directory = directory }

    /// The Swift package that native tests depend on.
    package var swiftPackage: String { directory + "/Swift" }
    var meshSources: String { directory + "/Swift/Sources/Mesh" }
    var runtimeSources: String { directory + "/Swift/Sources/CMeshRuntime" }
    var cHeaders: String { directory + "/C" }

    /// The SDK that `WASMESH_SDK` names, else the one beside an installed `wasmesh` (`../share/wasmesh/sdk`), else that of
    /// the checkout that the running program was built in.
    package static func find(
        environment: [String: String] = ProcessInfo.processInfo.environment, executable: String? = nil
    ) throws(GuestError) -> GuestSDK {
        if let named = environment["WASMESH_SDK"] {
            let sdk = GuestSDK(directory: named)
            if sdk.isComplete { return sdk }
            throw GuestError(
                .toolchain, "WASMESH_SDK is \(named), but there is no Swift/Sources/Mesh in it",
                hint: "let it name the folder SDK of a checkout, or unset it")
        }
        let executable = executable ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        var directory = URL(fileURLWithPath: executable).deletingLastPathComponent()
        let installed = GuestSDK(directory: directory.deletingLastPathComponent().path + "/share/wasmesh/sdk")
        if installed.isComplete { return installed }
        while directory.path != "/" {
            let checkout = GuestSDK(directory: directory.path + "/SDK")
            if checkout.isComplete { return checkout }
            directory.deleteLastPathComponent()
        }
        throw GuestError(
            .toolchain, "the SDK isn't beside \(executable)",
            hint: "set WASMESH_SDK to the folder SDK of a checkout of wasmesh")
    }

    private var isComplete: Bool { FileManager.default.fileExists(atPath: meshSources) }
}

extension GuestSDK {
    /// A digest of everything a guest's objects are made of.
    func digest() throws(GuestError) -> String {
        try SourceFiles.digest(
            try SourceFiles.list(
                [meshSources, runtimeSources, cHeaders + "/wasmesh.h"], endings: [".swift", ".c", ".h"]))
    }

    /// Copies the Swift package to `destination` unless it is there already, so that a project's tests build anywhere.
    package func vendor(to destination: String) throws(GuestError) {
        let stamp = destination + "/.digest"
        let digest = try digest()
        if FileManager.default.contents(atPath: stamp) == Data(digest.utf8) { return }
        try SourceFiles.remove(destination)
        for file in try SourceFiles.list(
            [swiftPackage + "/Package.swift", swiftPackage + "/Sources"], endings: [".swift", ".c", ".h"])
        {
            let relative = String(file.dropFirst(swiftPackage.count))
            try SourceFiles.write(try SourceFiles.read(file), to: destination + relative)
        }
        try SourceFiles.write(Array(digest.utf8), to: stamp)
    }
}
