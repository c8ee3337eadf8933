internal import Foundation

/// Compiles guests in plain C with the clang beside the `swift` that runs the tests.
package enum CGuestCompiler {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// The module's bytes, without the mesh's sections. `include` holds `wasmesh.h`.
    package static func compile(_ source: String, include: String, defining definitions: [String] = []) throws
        -> [UInt8]
    {
        let output = NSTemporaryDirectory() + "/guest-\(UUID().uuidString).wasm"
        defer { try? FileManager.default.removeItem(atPath: output) }
        let clang = Process()
        clang.executableURL = URL(fileURLWithPath: try toolchain() + "/clang")
        clang.arguments =
            [
                "--target=wasm32-unknown-unknown", "-O2", "-mbulk-memory", "-nostdlib", "-fno-builtin", "-I\(include)",
                "-Wl,--no-entry",
                "-o", output, source,
            ] + definitions.map { "-D" + $0 }
        let errors = Pipe()
        clang.standardError = errors
        try clang.run()
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        clang.waitUntilExit()
        guard clang.terminationStatus == 0, let bytes = FileManager.default.contents(atPath: output) else {
            throw Failure(description: String(decoding: text, as: UTF8.self))
        }
        return Array(bytes)
    }

    private static func toolchain() throws -> String {
        for directory in (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":") {
            let swift = URL(fileURLWithPath: "\(directory)/swift").resolvingSymlinksInPath()
            let place = swift.deletingLastPathComponent().path
            if ["swift", "clang", "wasm-ld"].allSatisfy({
                FileManager.default.isExecutableFile(atPath: "\(place)/\($0)")
            }) {
                return place
            }
        }
        throw Failure(description: "no swift with clang and wasm-ld beside it on the PATH")
    }
}
