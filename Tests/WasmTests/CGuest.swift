import Foundation
import Testing

@testable import Wasm

/// The example service in plain C, compiled with the toolchain's own clang when the tests run.
enum CGuest {
    /// The module's bytes, without the mesh's sections.
    static let counter = Result { try compile("counter") }

    /// `SDK/C` of this checkout.
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../SDK/C").standardizedFileURL.path

    struct CompilerFailure: Error, CustomStringConvertible {
        var description: String
    }

    private static func compile(_ name: String) throws -> [UInt8] {
        let directory = TemporaryDirectory()
        let output = directory.path + "/\(name).wasm"
        let clang = Process()
        clang.executableURL = URL(fileURLWithPath: try toolchain() + "/clang")
        clang.arguments = [
            "--target=wasm32-unknown-unknown", "-O2", "-mbulk-memory", "-nostdlib", "-Wall", "-Wextra", "-Werror",
            "-I\(Self.directory)", "-Wl,--no-entry", "-o", output, "\(Self.directory)/Examples/\(name).c",
        ]
        let errors = Pipe()
        clang.standardError = errors
        try clang.run()
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        clang.waitUntilExit()
        guard clang.terminationStatus == 0, let bytes = FileManager.default.contents(atPath: output) else {
            throw CompilerFailure(description: String(decoding: text, as: UTF8.self))
        }
        return Array(bytes)
    }

    /// The directory of the `swift` that runs these tests: it has `clang` and `wasm-ld` beside it.
    private static func toolchain() throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"
        for directory in path.split(separator: ":") {
            let swift = URL(fileURLWithPath: "\(directory)/swift").resolvingSymlinksInPath().deletingLastPathComponent()
                .path
            if ["swift", "clang", "wasm-ld"].allSatisfy({
                FileManager.default.isExecutableFile(atPath: "\(swift)/\($0)")
            }) {
                return swift
            }
        }
        throw CompilerFailure(description: "no Swift toolchain with clang and wasm-ld on PATH")
    }
}
