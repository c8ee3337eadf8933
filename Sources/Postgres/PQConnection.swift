import CPostgres
import MeshCore

/// One libpq connection in non-blocking pipeline mode; belongs to one thread.
///
/// It sends submissions, keeps what it sent until the answers are in, and tells each its outcome. Waiting on the socket is the thread's affair.
final class PQConnection {
    struct InFlight {
        var submission: Submission
        var replies: PipelineReplies<PostgresResult>
        var preparing: [String]
        var isScript = false
    }

    struct Prepared {
        var sql: String
        var serverName: String
    }

    let pointer: OpaquePointer
    var prepared: [String: Prepared] = [:]
    var preparations = 0
    /// Why statements could not be prepared, for pipelines that were already on their way with them.
    var refusedPreparations: [String: PostgresError] = [:]
    var inFlight = Fifo<InFlight>()
    var needsRollback = false
    private let onNotification: (PostgresNotification) -> Void

    /// Takes over an established connection.
    init(_ pointer: OpaquePointer, onNotification: @escaping (PostgresNotification) -> Void) {
        self.pointer = pointer
        self.onNotification = onNotification
        PQsetErrorVerbosity(pointer, PQERRORS_DEFAULT)
        PQsetNoticeProcessor(
            pointer,
            { _, text in
                guard let text else { return }
                PostgresConnection.log.debug(String(String(cString: text).dropLast()))
            }, nil)
        PQsetnonblocking(pointer, 1)
        PQenterPipelineMode(pointer)
    }

    deinit { PQfinish(pointer) }

    var socket: Int32 { PQsocket(pointer) }
    var inFlightCount: Int { inFlight.count }
    /// `host:port`, for people.
    var server: String { PQConnection.server(pointer) }

    static func server(_ pointer: OpaquePointer) -> String {
        let host = PQhost(pointer).map { String(cString: $0) } ?? "?"
        let port = PQport(pointer).map { String(cString: $0) } ?? "?"
        return "\(host):\(port)"
    }

    /// True where `submission` may follow what is in flight now.
    func accepts(_ submission: Submission, limit: Int) -> Bool {
        guard let last = inFlight.last else { return true }
        return inFlight.count < limit && !submission.isExclusive && !last.submission.isExclusive
    }

    /// Hands a submission to libpq; throws where the connection is of no more use.
    func send(_ submission: Submission) throws(PostgresError) {
        switch submission.work {
        case .pipeline(let pipeline): try send(pipeline, of: submission)
        case .script(let sql): try send(script: sql, of: submission)
        case .rollBackIfOpen: try rollBackIfOpen(submission)
        }
    }

    /// Writes what libpq holds; true where the socket took less than all.
    func flush() throws(PostgresError) -> Bool {
        let left = PQflush(pointer)
        if left < 0 { throw lost() }
        return left > 0
    }

    /// Reads what has arrived and finishes the submissions that are complete.
    func receive() throws(PostgresError) {
        // A record of TLS holds up to 16 kB, of which libpq may take a part; nothing more need come for the rest to be the last of an answer.
        repeat { try receiveOnce() } while wasmesh_tls_pending(pointer) > 0
    }

    private func receiveOnce() throws(PostgresError) {
        let alive = PQconsumeInput(pointer) == 1
        deliverNotifications()
        var nothing = 0
        while !inFlight.isEmpty, PQisBusy(pointer) == 0 {
            guard let result = PQgetResult(pointer) else {
                if inFlight.first?.isScript == true {
                    finishScript()
                    continue
                }
                // One nil separates the results of two statements; a second one means that nothing has arrived.
                nothing += 1
                if nothing > 1 { break }
                continue
            }
            nothing = 0
            try take(result)
        }
        // Those that arrived behind the results; what this connection itself has told comes so.
        deliverNotifications()
        if !alive || PQstatus(pointer) == CONNECTION_BAD { throw lost() }
    }

    /// Fails what is in flight: the connection is gone.
    func abandon(_ error: PostgresError) {
        while let entry = inFlight.popFirst() {
            var error = error
            switch entry.submission.work {
            case .pipeline(let pipeline): error.outcomeUnknown = pipeline.mayCommit && entry.replies.error == nil
            case .script: error.outcomeUnknown = true
            case .rollBackIfOpen: break
            }
            entry.submission.finish(.failure(entry.replies.error ?? error))
        }
    }

    func lost() -> PostgresError {
        let words = String(cString: PQerrorMessage(pointer)).onOneLine
        return PostgresError(
            .connection, "the connection to Postgres at \(server) was lost: \(words.isEmpty ? "closed" : words)")
    }

    private func deliverNotifications() {
        while let notification = PQnotifies(pointer) {
            onNotification(
                PostgresNotification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra)))
            PQfreemem(notification)
        }
    }
}
