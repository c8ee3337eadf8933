import CPostgres
import MeshCore

/// One libpq connection in non-blocking pipeline mode; belongs to one thread.
///
/// It sends submissions, keeps what it sent until the answers are in, and tells each its outcome. Waiting on the socket is the thread's affair.
final class PQConnection {
    private struct InFlight {
        var submission: Submission
        var replies: PipelineReplies
        var preparing: [String]
        var isScript = false
    }

    private struct Prepared {
        var sql: String
        var serverName: String
    }

    let pointer: OpaquePointer
    private var prepared: [String: Prepared] = [:]
    private var preparations = 0
    /// Why statements could not be prepared, for pipelines that were already on their way with them.
    private var refusedPreparations: [String: PostgresError] = [:]
    private var inFlight = Fifo<InFlight>()
    private var needsRollback = false
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

    private func lost() -> PostgresError {
        let words = String(cString: PQerrorMessage(pointer)).split(separator: "\n").joined(separator: " ")
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

// MARK: Sending

extension PQConnection {
    private func send(_ pipeline: Pipeline, of submission: Submission) throws(PostgresError) {
        let preparing = try prepareStatements(of: pipeline)
        // In flight from here on, so that a failure to send finishes it with the others.
        inFlight.append(
            InFlight(
                submission: submission,
                replies: PipelineReplies(steps: pipeline.steps, preparations: preparing), preparing: preparing))
        try pipeline.bytes.withUnsafeBufferPointer { bytes throws(PostgresError) in
            for step in pipeline.steps { try send(step, of: pipeline, bytes) }
        }
        try sync()
    }

    private func prepareStatements(of pipeline: Pipeline) throws(PostgresError) -> [String] {
        var preparing: [String] = []
        for step in pipeline.steps where !step.statement.name.isEmpty {
            let statement = step.statement
            if let known = prepared[statement.name], known.sql == statement.sql { continue }
            // A fresh name each time: an outdated preparation may still exist on the server.
            preparations += 1
            let serverName = "\(statement.name)#\(preparations)"
            let types = statement.parameterTypes.map(\.rawValue)
            guard PQsendPrepare(pointer, serverName, statement.sql, Int32(types.count), types) == 1 else {
                throw lost()
            }
            try sync()
            prepared[statement.name] = Prepared(sql: statement.sql, serverName: serverName)
            preparing.append(statement.name)
        }
        return preparing
    }

    private func send(
        _ step: Pipeline.Step, of pipeline: Pipeline, _ bytes: UnsafeBufferPointer<UInt8>
    ) throws(PostgresError) {
        let base = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
        let parameters = pipeline.parameters[step.parameters]
        let values = parameters.map { $0.offset < 0 ? nil : base.map { [offset = $0.offset] in $0 + offset } }
        let lengths = parameters.map(\.length)
        let formats = parameters.map { $0.isBinary ? Int32(1) : 0 }
        let sent: Int32
        if let known = prepared[step.statement.name] {
            sent = PQsendQueryPrepared(pointer, known.serverName, Int32(values.count), values, lengths, formats, 1)
        } else {
            var types = step.statement.parameterTypes.map(\.rawValue)
            types.append(contentsOf: repeatElement(0, count: max(0, values.count - types.count)))
            sent = PQsendQueryParams(
                pointer, step.statement.sql, Int32(values.count), types, values, lengths, formats, 1)
        }
        if sent != 1 { throw lost() }
    }

    private func sync() throws(PostgresError) {
        if PQpipelineSync(pointer) != 1 { throw lost() }
    }

    private func send(script: String, of submission: Submission) throws(PostgresError) {
        inFlight.append(
            InFlight(
                submission: submission, replies: PipelineReplies(steps: [], preparations: []), preparing: [],
                isScript: true))
        guard PQexitPipelineMode(pointer) == 1, PQsendQuery(pointer, script) == 1 else { throw lost() }
    }
}

// MARK: Receiving

extension PQConnection {
    /// Takes one result and feeds it to the oldest submission in flight.
    private func take(_ pointer: OpaquePointer) throws(PostgresError) {
        let reply: PipelineReplies.Reply
        switch PQresultStatus(pointer) {
        case PGRES_PIPELINE_SYNC:
            PQclear(pointer)
            reply = .sync
        case PGRES_PIPELINE_ABORTED:
            PQclear(pointer)
            reply = .skipped
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            reply = .success(PostgresResult(pointer))
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
            defer { PQclear(pointer) }
            var error = PostgresError(result: pointer)
            if PostgresError.isFatal(pointer) || PQstatus(self.pointer) == CONNECTION_BAD {
                error.kind = .connection
                throw error
            }
            reply = .failure(error)
        default:
            PQclear(pointer)
            throw PostgresError(
                .connection, "a statement started COPY, which isn't supported; the connection is closed")
        }
        guard let entry = inFlight.first else { return }
        if entry.isScript { takeScript(reply) } else { try take(reply) }
    }

    private func take(_ reply: PipelineReplies.Reply) throws(PostgresError) {
        switch inFlight.updateFirst({ $0.replies.receive(reply) }) {
        case .wait, nil: break
        case .preparationFailed(let index): forgetPreparation(index, reply)
        case .finished: finishPipeline()
        case .outOfStep:
            throw PostgresError(.connection, "the server's replies don't match what was sent; the connection is closed")
        }
    }

    private func forgetPreparation(_ index: Int, _ reply: PipelineReplies.Reply) {
        guard let name = inFlight.first?.preparing[index] else { return }
        prepared[name] = nil
        if case .failure(var error) = reply {
            error.statement = name
            refusedPreparations[name] = error
        }
    }

    private func finishPipeline() {
        guard let entry = inFlight.popFirst() else { return }
        guard var error = entry.replies.error else {
            entry.submission.finish(.success(entry.replies.results))
            return
        }
        if let name = error.statement, error.sqlstate == "26000" || error.isPlanOutdated {
            // Never prepared, or outdated by a migration: prepare it anew when it is used next.
            prepared[name] = nil
            if var cause = refusedPreparations[name], error.sqlstate == "26000" {
                cause.statementIndex = error.statementIndex
                error = cause
            }
        }
        rollBackIfOpen(after: entry.submission)
        entry.submission.finish(.failure(error))
    }

    private func takeScript(_ reply: PipelineReplies.Reply) {
        _ = inFlight.updateFirst { $0.replies.receiveInScript(reply) }
    }

    private func finishScript() {
        guard let entry = inFlight.popFirst() else { return }
        PQenterPipelineMode(pointer)
        if let error = entry.replies.error {
            rollBackIfOpen(after: entry.submission)
            entry.submission.finish(.failure(error))
        } else {
            entry.submission.finish(.success(entry.replies.results))
        }
    }

    /// A failed submission that opened a transaction leaves none behind for the next one.
    private func rollBackIfOpen(after submission: Submission) {
        guard submission.isExclusive, inFlight.isEmpty else { return }
        switch PQtransactionStatus(pointer) {
        case PQTRANS_INTRANS, PQTRANS_INERROR: needsRollback = true
        default: break
        }
    }

    private func rollBackIfOpen(_ submission: Submission) throws(PostgresError) {
        needsRollback = PQtransactionStatus(pointer) != PQTRANS_IDLE
        try rollBackIfNeeded()
        submission.finish(.success([]))
    }

    /// Sends the rollback that a failed submission left to do.
    func rollBackIfNeeded() throws(PostgresError) {
        guard needsRollback else { return }
        needsRollback = false
        var pipeline = Pipeline()
        pipeline.rollback()
        try send(Submission(.pipeline(pipeline)) { _ in })
    }
}
