import Foundation
import TestSupport
import Testing

@testable import Commands

/// `wasmesh logs`, of a log that others write.
@Suite struct LogsCommandTests {
    private func withProject<Value>(_ body: (_ folder: String, _ log: String) async throws -> Value) async throws
        -> Value
    {
        let folder = NSTemporaryDirectory() + "wasmesh-logs-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder + "/.wasmesh/dev", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(folder, folder + "/" + LogsCommand.path)
    }

    @Test func `who follows a log goes on with the one that takes its place, and with one that begins anew`()
        async throws
    {
        try await withProject { folder, log in
            try "first\n".write(toFile: log, atomically: false, encoding: .utf8)
            let captured = CapturedOutput()
            let following = Task {
                await Program.run(["logs", "-f"], environment: [:], directory: folder) { captured.output(json: $0) }
            }
            try await eventually("the first one") { captured.out == "first\n" }
            // As the next `wasmesh dev` does.
            try "second\n".write(toFile: log, atomically: true, encoding: .utf8)
            try await eventually("the second one") { captured.out == "first\nsecond\n" }
            try "new\n".write(toFile: log, atomically: false, encoding: .utf8)
            try await eventually("the third one") { captured.out == "first\nsecond\nnew\n" }
            following.cancel()
            #expect(await following.value == .interrupted)
        }
    }

    @Test func `a folder in the log's place can't be read, and is told`() async throws {
        try await withProject { folder, log in
            try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: true)
            let run = await ProgramRun(["logs"], directory: folder)
            #expect(run.exit == .usage)
            #expect(run.error.contains("cannot read .wasmesh/dev/mesh.log: Is a directory"), "\(run.error)")
        }
    }

    @Test func `nobody is shown a log whose lines nobody takes`() async throws {
        try await withProject { folder, log in
            try "line\n".write(toFile: log, atomically: false, encoding: .utf8)
            let exit = await Program.run(["logs", "-f"], environment: [:], directory: folder) { json in
                Output(json: json, isTerminal: false, usesColor: false) { descriptor, _ throws(Output.WriteFailure) in
                    if descriptor == 1 { throw Output.WriteFailure(ENOSPC) }
                }
            }
            #expect(exit == .failure)
        }
    }
}
