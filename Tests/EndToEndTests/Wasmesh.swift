import Foundation
import Synchronization

/// The built program, as a user runs it.
enum Wasmesh {
    struct Outcome: Sendable, CustomStringConvertible {
        let exit: Int32
        let out: String
        let error: String
        var description: String { "exit \(exit)\nout: \(out)\nerror: \(error)" }
    }

    /// It lies beside the test bundle.
    static let binary: String = {
        let candidates = [CommandLine.arguments[0], ProcessInfo.processInfo.arguments[0]].map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent("wasmesh").path
        }
        let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(".build/debug/wasmesh").path
        return (candidates + [checkout]).first { FileManager.default.isExecutableFile(atPath: $0) } ?? checkout
    }()

    /// Runs a command line to its end on a terminal of its own, where `typed` is typed.
    static func run(
        onTerminal words: [String], in directory: String, typed: String, within limit: Duration = .seconds(60)
    ) async throws -> Outcome {
        let line = ([binary] + words).map { "'\($0)'" }.joined(separator: " ")
        return try await run(
            ["-qefc", line, "/dev/null"], in: directory, environment: ["TERM": "dumb"], input: typed, within: limit,
            executable: "/usr/bin/script")
    }

    /// Runs a command line to its end.
    static func run(
        _ words: [String], in directory: String, environment: [String: String] = [:], input: String = "",
        within limit: Duration = .seconds(120), executable: String = binary
    ) async throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = words
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("WASMESH_") }
        variables.merge(environment) { $1 }
        process.environment = variables
        let scratch = NSTemporaryDirectory() + "wasmesh-e2e-\(UInt64.random(in: 0 ... .max))"
        let files = try ["in", "out", "err"].map { name -> String in
            let path = scratch + "." + name
            try (name == "in" ? input : "").write(toFile: path, atomically: false, encoding: .utf8)
            return path
        }
        defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
        process.standardInput = FileHandle(forReadingAtPath: files[0])
        process.standardOutput = FileHandle(forWritingAtPath: files[1])
        process.standardError = FileHandle(forWritingAtPath: files[2])
        let watchdog = Task {
            try await Task.sleep(for: limit)
            process.terminate()
        }
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        watchdog.cancel()
        return Outcome(
            exit: status, out: (try? String(contentsOfFile: files[1], encoding: .utf8)) ?? "",
            error: (try? String(contentsOfFile: files[2], encoding: .utf8)) ?? "")
    }
}

/// A process that didn't do what the test needs before it can begin.
struct ProcessFailure: Error, CustomStringConvertible {
    let description: String
}
