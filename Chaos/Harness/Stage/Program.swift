internal import Embedded
internal import Foundation
internal import MeshCore

/// Runs a program to its end, off the cooperative pool.
enum Program {
    struct Outcome: Sendable {
        /// -1 where a signal or our impatience ended it.
        var exit: Int32
        /// Standard output and error.
        var text: String
    }

    /// Runs `words`; the first is a path or a name on the PATH.
    static func run(
        _ words: [String], in directory: String = "/", environment: [String: String] = [:],
        within limit: Duration = .seconds(60)
    ) async throws -> Outcome {
        let name = words[0]
        guard let path = name.contains("/") ? name : Programs.find(name) else {
            throw ChaosFailure("'\(name)' was not found; run Scripts/bootstrap")
        }
        let log = NSTemporaryDirectory() + "/chaos-\(UInt64.random(in: 0 ... .max)).out"
        defer { try? FileManager.default.removeItem(atPath: log) }
        let exit: Result<Int32, EmbeddedError> = await withCheckedContinuation { continuation in
            DedicatedThread.start("program") {
                do throws(EmbeddedError) {
                    let child = try ChildProcess(
                        .init(
                            executable: path, arguments: Array(words.dropFirst()), environment: environment,
                            directory: directory, log: log))
                    if !child.waitUntilEnded(within: limit) { child.stop(patience: .zero) }
                    continuation.resume(returning: .success(child.exitCode ?? -1))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return Outcome(exit: try exit.get(), text: (try? String(contentsOfFile: log, encoding: .utf8)) ?? "")
    }

    /// As `run`; throws where it didn't end with 0.
    @discardableResult
    static func check(
        _ words: [String], in directory: String = "/", environment: [String: String] = [:],
        within limit: Duration = .seconds(60)
    ) async throws -> String {
        let outcome = try await run(words, in: directory, environment: environment, within: limit)
        guard outcome.exit == 0 else {
            throw ChaosFailure("\(words.prefix(3).joined(separator: " ")): exit \(outcome.exit): \(outcome.text)")
        }
        return outcome.text
    }
}
