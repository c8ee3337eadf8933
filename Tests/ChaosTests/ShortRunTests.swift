import Embedded
import Foundation
import MeshCore
import Testing

/// A short run of the real thing; `make chaos MINUTES=…` is the long one.
@Suite(.serialized, .timeLimit(.minutes(3))) struct ShortRunTests {
    @Test func `a mesh under random faults keeps its promises`() async throws {
        let seed = ProcessInfo.processInfo.environment["WASMESH_TEST_SEED"] ?? "\(UInt32.random(in: 0 ... .max))"
        // Before it begins: a run that has to be ended tells nothing any more.
        print("seed of a short run of chaos: WASMESH_TEST_SEED=\(seed)")
        let outcome = try await run(["--seconds", "14", "--rate", "60", "--patience", "60", "--seed", seed])
        print(outcome.text)
        #expect(outcome.exit == 0, "\(outcome.text)")
    }

    private func run(_ words: [String]) async throws -> (exit: Int32?, text: String) {
        let binary = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path + "/mesh-chaos"
        let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let path =
            FileManager.default.isExecutableFile(atPath: binary) ? binary : checkout + "/.build/debug/mesh-chaos"
        let log = NSTemporaryDirectory() + "/chaos-test-\(UInt32.random(in: 0 ... .max)).log"
        defer { try? FileManager.default.removeItem(atPath: log) }
        let exit: Int32? = try await withCheckedThrowingContinuation { continuation in
            DedicatedThread.start("chaos-test") {
                do {
                    let child = try ChildProcess(
                        .init(
                            executable: path, arguments: words, directory: checkout, log: log,
                            signalAtParentsDeath: "TERM"))
                    if !child.waitUntilEnded(within: .seconds(160)) { child.stop(patience: .seconds(5)) }
                    continuation.resume(returning: child.exitCode)
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
        return (exit, (try? String(contentsOfFile: log, encoding: .utf8)) ?? "")
    }
}
