import Embedded
import Foundation
import TestSupport
import Testing

@testable import Commands

/// `swift test` as a part of `wasmesh test`.
@Suite struct SwiftTestsTests {
    @Test func `tests that are cancelled are ended, those of their group included`() async throws {
        let folder = NSTemporaryDirectory() + "wasmesh-tests-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // The second one doesn't hear what the first one is asked.
        let script =
            "#!/bin/sh\n(trap '' INT; exec sleep 1000) &\necho $$ $! > pids.new && mv pids.new pids\nexec sleep 1000\n"
        try #require(
            FileManager.default.createFile(
                atPath: folder + "/swift", contents: Data(script.utf8), attributes: [.posixPermissions: 0o755]))
        let tests = SwiftTests(
            directory: folder, isQuiet: true, filter: nil, environment: ["PATH": folder + ":/usr/bin:/bin"])
        let running = Task { try await tests.run() }
        let numbers = try await eventually("the tests to run") {
            try? String(contentsOfFile: folder + "/pids", encoding: .utf8)
        }.split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
        try #require(numbers.count == 2)
        running.cancel()
        let result = await running.result
        #expect(throws: CancellationError.self) { try result.get() }
        for number in numbers {
            try await eventually("\(number) to end") { ProcessIdentity(running: number) == nil }
        }
    }
}
