internal import Foundation
internal import Glibc
internal import MeshCore
internal import Synchronization

/// A Postgres server in a child process, with its data in a folder that is kept: for development, the demo and tests.
///
/// It listens on 127.0.0.1 (with a password) and on a Unix socket in its folder. Data is safe against crashes: fsync is on.
package final class EmbeddedPostgres: Sendable {
    package let port: UInt16
    /// Where data, log and password are; the given folder, or another one that the server's user can reach.
    package let directory: String
    package let log: String

    private let password: String
    private let process: Mutex<ChildProcess?>

    /// The connection string for a database, over TCP.
    package func url(database: String = "postgres") -> String {
        "postgresql://postgres:\(password)@127.0.0.1:\(port)/\(database)"
    }

    /// Starts the server over the data in `directory` (made at the first time), and returns when it accepts connections.
    ///
    /// Port 0 takes a free one. As root, it runs as the user `postgres`, because Postgres refuses root.
    package static func start(directory: String, port: UInt16 = 0) async throws(EmbeddedError) -> EmbeddedPostgres {
        try await offPool("postgres-start") { () throws(EmbeddedError) -> EmbeddedPostgres in
            try EmbeddedPostgres(directory: directory, port: port)
        }
    }

    private init(directory wanted: String, port wantedPort: UInt16) throws(EmbeddedError) {
        if wantedPort != 0 { try PostgresCluster.checkFree(wantedPort) }
        let cluster = try PostgresCluster(wanted)
        directory = cluster.directory
        log = cluster.log
        password = try cluster.prepare()
        var attempts = wantedPort == 0 ? 5 : 1
        while true {
            let candidate = wantedPort == 0 ? try FreePort.find() : wantedPort
            attempts -= 1
            do throws(EmbeddedError) {
                process = Mutex(try cluster.launch(port: candidate))
                port = candidate
                return
            } catch {
                if attempts == 0 { throw error }
            }
        }
    }

    deinit { process.withLock { $0?.signal(SIGINT) } }

    package var isRunning: Bool { process.withLock { $0?.isRunning ?? false } }

    package var pid: Int32? { process.withLock { $0?.pid } }

    /// Ends it in good order: sessions are cut off, everything is written out. Does nothing when it has ended.
    package func stop() async { await end(SIGINT) }

    /// Ends it at once, as a crash would; the next start recovers from the write-ahead log.
    package func kill() async { await end(SIGQUIT) }

    /// Starts it again on the same port and data; ends it first when it runs.
    package func restart() async throws(EmbeddedError) {
        await stop()
        try await offPool("postgres-start") { [self] () throws(EmbeddedError) -> Void in
            let cluster = try PostgresCluster(directory)
            let started = try cluster.launch(port: port)
            process.withLock { $0 = started }
        }
    }

    /// Ends it at once without waiting; for handlers at the process's end.
    package func killNow() { process.withLock { $0?.signal(SIGQUIT) } }

    private func end(_ signal: Int32) async {
        let child = process.withLock { process in
            let child = process
            process = nil
            return child
        }
        guard let child else { return }
        try? await offPool("postgres-stop") { () throws(EmbeddedError) -> Void in
            child.stop(signal, patience: .seconds(20))
        }
    }
}
