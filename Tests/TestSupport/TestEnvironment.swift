internal import Foundation
package import Embedded
internal import Glibc
internal import Synchronization

/// The real servers of a test process: one broker and one Postgres, started when the first test asks, ended with the process.
package enum TestEnvironment {
    /// Where the servers of this process keep their files; removed at its end. `WASMESH_TEST_DIRECTORY` moves it.
    ///
    /// In memory where possible, so that fsync, which stays on, costs the tests nothing.
    package static let directory: String = {
        let wanted = ProcessInfo.processInfo.environment["WASMESH_TEST_DIRECTORY"]
        let base = wanted ?? (access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory())
        removeLeftovers(base)
        let path = "\(base)/wasmesh-tests-\(getpid())"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }()

    private static let broker = Shared { () async throws(EmbeddedError) -> EmbeddedBroker in
        try await EmbeddedBroker.start(directory: directory, binary: binary)
    }

    private static let postgres = Shared { () async throws(EmbeddedError) -> EmbeddedPostgres in
        try await EmbeddedPostgres.start(directory: "\(directory)/postgres")
    }

    /// The process's broker. Use topics of your own (`uniqueName`); never stop it: fault tests start one of their own.
    package static func sharedBroker() async throws -> EmbeddedBroker {
        atEnd()
        return try await broker.value()
    }

    /// The process's Postgres. Use a database of your own (`withDatabase`).
    package static func sharedPostgres() async throws -> EmbeddedPostgres {
        atEnd()
        return try await postgres.value()
    }

    /// A name nobody else uses: for topics, groups and databases.
    package static func uniqueName(_ prefix: String) -> String {
        "\(prefix)_\(getpid())_\(counter.add(1, ordering: .relaxed).newValue)"
    }

    private static let counter = Atomic<Int>(0)

    /// `.native/bin/tansu` of this checkout; the test runner itself lies elsewhere.
    static var binary: String? {
        let path = "\(checkout)/.native/bin/tansu"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    /// The folder of the libraries that `Scripts/bootstrap` fetches, for other programs that need the same ones.
    package static var nativeLibraries: String { "\(checkout)/.native/lib" }

    /// The root of this checkout.
    package static var checkout: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
    }

    private static let registered = Mutex(false)

    private static func atEnd() {
        registered.withLock { registered in
            if registered { return }
            registered = true
            atexit {
                TestEnvironment.broker.started?.killNow()
                TestEnvironment.postgres.started?.killNow()
                try? FileManager.default.removeItem(atPath: TestEnvironment.directory)
            }
        }
    }

    /// A test process that was killed could not clean up behind itself.
    private static func removeLeftovers(_ base: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? [] {
            guard name.hasPrefix("wasmesh-tests-"), let pid = Int32(name.dropFirst("wasmesh-tests-".count)) else {
                continue
            }
            if kill(pid, 0) != 0, errno == ESRCH { try? FileManager.default.removeItem(atPath: "\(base)/\(name)") }
        }
    }
}

/// Something started once, by the first who asks.
private final class Shared<Value: Sendable>: Sendable {
    private let start: @Sendable () async throws -> Value
    private let task = Mutex<Task<Value, any Error>?>(nil)
    private let result = Mutex<Value?>(nil)

    init(_ start: @escaping @Sendable () async throws -> Value) { self.start = start }

    var started: Value? { result.withLock { $0 } }

    func value() async throws -> Value {
        let task = task.withLock { task in
            if let task { return task }
            let new = Task { [start] in try await start() }
            task = new
            return new
        }
        let value = try await task.value
        result.withLock { $0 = value }
        return value
    }
}
