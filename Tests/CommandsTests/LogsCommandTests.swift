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

    @Test func `a message of several lines is found and shown whole, by what stands in any of them`() async throws {
        try await withProject { folder, log in
            try """
            10:00 info one: first id=1
            10:01 error two: it crashed
                |   0: 0xedf0
                |   1: 0xffff id=2
            10:02 info three: last id=3

            """.write(toFile: log, atomically: false, encoding: .utf8)
            let crash = "10:01 error two: it crashed\n    |   0: 0xedf0\n    |   1: 0xffff id=2\n"
            #expect(await ProgramRun(["logs", "id=2"], directory: folder).out == crash)
            #expect(await ProgramRun(["logs", "crashed", "id=2"], directory: folder).out == crash)
            #expect(
                await ProgramRun(["logs", "-n", "2"], directory: folder).out == crash + "10:02 info three: last id=3\n")
            let json = await ProgramRun(["logs", "id=2", "--json"], directory: folder).out
            #expect(json.hasPrefix(#"{"line":"10:01 error two: it crashed\n    |   0"#), "\(json)")
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
