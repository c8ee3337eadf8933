import CPostgres

extension PQConnection {
    /// Takes one result and feeds it to the oldest submission in flight.
    func take(_ pointer: OpaquePointer) throws(PostgresError) {
        let reply: PipelineReplies<PostgresResult>.Reply
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
            // The server said nothing: libpq made this up when the connection ended.
            if error.sqlstate == nil, PQstatus(self.pointer) == CONNECTION_BAD { throw lost() }
            if PostgresError.isFatal(pointer) || PQstatus(self.pointer) == CONNECTION_BAD {
                error.kind = .connection
                throw error
            }
            if error.isReadOnlySession {
                error.kind = .connection
                // The answer is clear for this one; what was sent behind it is not.
                inFlight.popFirst()?.submission.finish(.failure(error))
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

    private func take(_ reply: PipelineReplies<PostgresResult>.Reply) throws(PostgresError) {
        switch inFlight.updateFirst({ $0.replies.receive(reply) }) {
        case .wait, nil: break
        case .preparationFailed(let index): forgetPreparation(index, reply)
        case .finished: finishPipeline()
        case .outOfStep:
            throw PostgresError(.connection, "the server's replies don't match what was sent; the connection is closed")
        }
    }

    private func forgetPreparation(_ index: Int, _ reply: PipelineReplies<PostgresResult>.Reply) {
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

    private func takeScript(_ reply: PipelineReplies<PostgresResult>.Reply) {
        _ = inFlight.updateFirst { $0.replies.receiveInScript(reply) }
    }

    func finishScript() {
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

    func rollBackIfOpen(_ submission: Submission) throws(PostgresError) {
        // Also where that can't be sent: then the connection is lost, and the transaction with it.
        defer { submission.finish(.success([])) }
        needsRollback = PQtransactionStatus(pointer) != PQTRANS_IDLE
        try rollBackIfNeeded()
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
