import Foundation
import MeshCore

/// The SDK compiled for guests, kept per user, so that a build compiles the author's code only.
struct SDKObjects {
    /// Has `Mesh.swiftmodule`, `Mesh.o` and the C runtime's objects.
    let directory: String

    /// What every guest needs of the C runtime.
    static let runtimeFiles = ["mesh_heap", "mesh_runtime", "mesh_arithmetic", "mesh_number"]
    private static let swiftRuntimeFiles = runtimeFiles + ["mesh_alloc"]

    var runtimeObjects: [String] { SDKObjects.swiftRuntimeFiles.map { "\(directory)/\($0).o" } }
    var meshObject: String { directory + "/Mesh.o" }

    /// The options of every compilation to Embedded Swift.
    static let swiftOptions = [
        "-target", GuestToolchain.target, "-swift-version", "6", "-enable-experimental-feature", "Embedded",
        "-enable-experimental-feature", "Extern", "-Xfrontend", "-disable-stack-protector",
        // Else each object holds a hash of its output path, and the same sources give another digest elsewhere.
        "-Xfrontend", "-disable-incremental-llvm-codegen", "-wmo",
        "-parse-as-library",
    ]

    /// The options of every compilation of C.
    static let cOptions = [
        "--target=wasm32-unknown-unknown", "-mbulk-memory", "-O2", "-nostdlib", "-ffreestanding", "-fno-builtin-malloc",
    ]

    /// How many versions of the SDK's objects are kept: those of a few toolchains and checkouts.
    private static let keptVersions = 8

    /// The objects in `cache`, compiled now if they aren't there; then `willCompile` is told.
    static func prepare(
        _ sdk: GuestSDK, _ toolchain: GuestToolchain, key: String, cache: String, willCompile: () -> Void
    ) throws(GuestError) -> SDKObjects {
        let directory = "\(cache)/sdk-\(key.prefix(32))"
        let objects = SDKObjects(directory: directory)
        if FileManager.default.fileExists(atPath: directory) { return objects }
        try SourceFiles.createDirectory(cache)
        // One compiles, the others wait for it.
        let lock = try FileLock("\(directory).lock")
        defer { lock.unlock() }
        if FileManager.default.fileExists(atPath: directory) { return objects }
        willCompile()
        let scratch = "\(cache)/new-\(UUID().uuidString)"
        try SourceFiles.createDirectory(scratch)
        do {
            try compile(sdk, toolchain, into: scratch)
        } catch {
            try SourceFiles.remove(scratch)
            throw error
        }
        do {
            try FileManager.default.moveItem(atPath: scratch, toPath: directory)
        } catch {
            throw GuestError(.files, "can't write \(directory): \(error.localizedDescription)")
        }
        removeOldVersions(cache)
        return objects
    }

    /// Keeps the cache bounded, also by what a build left behind that was killed. What can't be removed stays until the next time.
    static func removeOldVersions(_ cache: String) {
        func age(_ path: String) -> Date {
            (try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date) ?? .distantPast
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: cache)) ?? []
        let versions = names.filter { $0.hasPrefix("sdk-") && !$0.hasSuffix(".lock") }.map { "\(cache)/\($0)" }
        for old in versions.sorted(by: { age($0) > age($1) }).dropFirst(keptVersions) {
            try? FileManager.default.removeItem(atPath: old)
            try? FileManager.default.removeItem(atPath: old + ".lock")
        }
        // Half a minute old, it may be another toolchain's that is being made.
        for name in names where name.hasPrefix("new-") && age("\(cache)/\(name)").timeIntervalSinceNow < -3600 {
            try? FileManager.default.removeItem(atPath: "\(cache)/\(name)")
        }
    }

    private static func compile(_ sdk: GuestSDK, _ toolchain: GuestToolchain, into directory: String) throws(GuestError)
    {
        for name in swiftRuntimeFiles {
            try run(
                toolchain.clang,
                cOptions + [
                    "-I", sdk.runtimeSources + "/include", "-c", "\(sdk.runtimeSources)/\(name).c", "-o",
                    "\(directory)/\(name).o",
                ], in: directory)
        }
        try run(
            toolchain.swiftc,
            swiftOptions + [
                "-O", "-module-name", "Mesh", "-emit-module", "-emit-module-path", directory + "/Mesh.swiftmodule",
                "-c",
                "-o",
                directory + "/Mesh.o",
            ] + (try SourceFiles.list([sdk.meshSources], endings: [".swift"])), in: directory)
    }

    private static func run(_ tool: String, _ arguments: [String], in directory: String) throws(GuestError) {
        let result = try ToolRun.run(tool, arguments, in: directory)
        guard result.succeeded else {
            throw GuestError(
                .toolchain, "this toolchain can't compile the SDK:\n\(result.output)",
                hint: "guests need Swift 6.3 or newer; `swiftc --version` tells yours")
        }
    }
}
