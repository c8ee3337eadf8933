import Foundation
import TestSupport
import Testing

/// A running mesh of `Examples/orders`, and versions of its project that do something else.
actor OrderDesk {
    private var starting: Task<DevelopmentProcess, any Error>?

    func mesh() async throws -> DevelopmentProcess {
        if let starting { return try await starting.value }
        let task = Task { try await DevelopmentProcess(in: OrderDesk.copy(), ["--no-watch"]) }
        starting = task
        return try await task.value
    }

    /// The project with other words in one of its sources.
    nonisolated func changedProject(_ file: String, _ words: String, _ others: String) throws -> String {
        let project = try OrderDesk.copy()
        let path = project + "/Sources/OrderDesk/" + file
        let source = try String(contentsOfFile: path, encoding: .utf8)
        let changed = source.replacingOccurrences(of: words, with: others)
        #expect(changed != source)
        try changed.write(toFile: path, atomically: true, encoding: .utf8)
        return project
    }

    private static func copy() throws -> String {
        let project = try scratchDirectory("desk") + "/order-desk"
        try FileManager.default.copyItem(atPath: TestEnvironment.checkout + "/Examples/orders", toPath: project)
        for name in [".build", ".wasmesh"] { try? FileManager.default.removeItem(atPath: project + "/" + name) }
        return project
    }
}
