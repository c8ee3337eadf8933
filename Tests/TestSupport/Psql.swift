internal import MeshCore
package import Embedded
internal import Foundation
internal import Kafka

/// Runs SQL with the program `psql`, for what a test must see as a user does.
package enum Psql {
    /// Runs statements and returns what they print, unaligned, without headings.
    @discardableResult
    package static func run(_ url: String, _ sql: String) async throws(EmbeddedError) -> String {
        let result: Result<String, EmbeddedError> = await withCheckedContinuation { continuation in
            DedicatedThread.start("psql") { continuation.resume(returning: runBlocking(url, sql)) }
        }
        return try result.get()
    }

    private static func runBlocking(_ url: String, _ sql: String) -> Result<String, EmbeddedError> {
        guard let psql = Programs.find("psql") else {
            return .failure(EmbeddedError("'psql' was not found; run Scripts/bootstrap"))
        }
        let output = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("psql")).out"
        defer { try? FileManager.default.removeItem(atPath: output) }
        do throws(EmbeddedError) {
            let child = try ChildProcess(
                .init(
                    executable: psql,
                    arguments: ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql],
                    directory: "/", log: output))
            guard child.waitUntilEnded(within: .seconds(60)) else {
                child.stop(patience: .zero)
                return .failure(EmbeddedError("psql did not end within a minute: \(sql)"))
            }
            var text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
            if text.hasSuffix("\n") { text.removeLast() }
            return child.exitCode == 0 ? .success(text) : .failure(EmbeddedError("psql: \(text)"))
        } catch {
            return .failure(error)
        }
    }
}
