import Foundation
import Guests

/// A run of a project's own tests by `swift test`, whose output is the command's.
struct SwiftTests {
    let directory: String
    /// Standard output is kept for the command's own document.
    let isQuiet: Bool
    /// A pattern for the tests' names.
    let filter: String?
    var environment = ProcessInfo.processInfo.environment

    /// True when all have passed; ends them when it is cancelled.
    func run(sandbox: String? = nil) async throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["swift", "test"] + (filter.map { ["--filter", $0] } ?? [])
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        var environment = environment
        environment["WASMESH_TEST_SANDBOX"] = sandbox
        process.environment = environment
        if isQuiet { process.standardOutput = FileHandle.standardError }
        let tools = ToolKeeper()
        let hasPassed = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                process.terminationHandler = {
                    tools.ended($0)
                    continuation.resume(returning: $0.terminationStatus == 0)
                }
                do {
                    try tools.start(process)
                } catch {
                    process.terminationHandler = nil
                    continuation.resume(throwing: SwiftTests.failure(error))
                }
            }
        } onCancel: {
            tools.end()
        }
        try Task.checkCancellation()
        return hasPassed
    }

    private static func failure(_ error: any Error) -> any Error {
        if error is CancellationError { return error }
        return CommandFailure(
            .failure, "`swift test` can't be started: \(error.localizedDescription)",
            hint: "put the bin directory of Swift 6.3 on the PATH")
    }
}
