import Foundation

/// The simulator, in a process of its own, since it takes the whole runtime over.
enum Simulator {
    struct Outcome: Sendable, CustomStringConvertible {
        let exit: Int32
        let out: String
        var description: String { "exit \(exit)\n\(out)" }
        var lines: [Substring] { out.split(separator: "\n") }
    }

    /// It lies beside the test bundle.
    private static let binary: String = {
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("simulate").path
        let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(".build/debug/simulate").path
        return [beside, checkout].first { FileManager.default.isExecutableFile(atPath: $0) } ?? checkout
    }()

    static func run(_ words: String...) async throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: binary)
        process.arguments = words
        let path = NSTemporaryDirectory() + "wasmesh-simulation-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        process.standardOutput = FileHandle(forWritingAtPath: path)
        process.standardError = FileHandle(forWritingAtPath: path)
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return Outcome(exit: status, out: (try? String(contentsOfFile: path, encoding: .utf8)) ?? "")
    }
}
