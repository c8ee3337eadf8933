import CPostgres

extension PQConnection {
    func send(_ pipeline: Pipeline, of submission: Submission) throws(PostgresError) {
        let preparing: [String]
        do throws(PostgresError) { preparing = try prepareStatements(of: pipeline) } catch {
            // Not in flight yet, so nobody else would tell it; nothing of it was sent to be done.
            submission.finish(.failure(error))
            throw error
        }
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

    func send(script: String, of submission: Submission) throws(PostgresError) {
        inFlight.append(
            InFlight(
                submission: submission, replies: PipelineReplies(steps: [], preparations: []), preparing: [],
                isScript: true))
        guard PQexitPipelineMode(pointer) == 1, PQsendQuery(pointer, script) == 1 else { throw lost() }
    }
}
