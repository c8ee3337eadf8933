import MeshCore
package import Postgres

/// Lists dead letters, shows them, publishes them again, or discards them.
package struct DeadLetterStore: Sendable {
    private let database: Database

    package init(_ pool: PostgresPool) { database = Database(pool) }

    /// One page, newest first, without payloads.
    package func list(_ filter: DeadLetterFilter) async throws(StoreError) -> [DeadLetter] {
        let (statement, values) = DeadLetterStatement.list(filter)
        let rows = try await database.query(statement, values)
        return try rows.readRows { row throws(PostgresError) in try DeadLetter(row) }
    }

    /// One with payload and headers; nil when there is none of that id.
    package func show(_ id: Int64) async throws(StoreError) -> DeadLetter? {
        let rows = try await database.query(DeadLetterStatement.show, .int64(id))
        return try rows.firstRow { row throws(PostgresError) in try DeadLetter(row) }
    }

    /// Publishes messages again through the SQL lane, each with its own id and for the service that gave up alone.
    ///
    /// Only open ones are redriven; of two people who redrive one at once, one is told that it isn't open any more.
    package func redrive(_ ids: [Int64], by actor: String) async throws(StoreError) -> DeadLetterOutcome {
        var outcome = DeadLetterOutcome()
        for id in ids { outcome.add(id, try await redrive(id, nil, actor)) }
        return outcome
    }

    /// Publishes one again with another payload, which must be what its method takes: nothing here knows that.
    ///
    /// The row keeps the payload that came, and `mesh.fact` who replaced it, with the digests of both.
    package func redrive(
        _ id: Int64, replacing payload: [UInt8], by actor: String
    ) async throws(StoreError) -> DeadLetterOutcome {
        var outcome = DeadLetterOutcome()
        outcome.add(id, try await redrive(id, payload, actor))
        return outcome
    }

    private func redrive(_ id: Int64, _ payload: [UInt8]?, _ actor: String) async throws(StoreError) -> String? {
        guard var letter = try await show(id) else { return "there is no dead letter \(id)" }
        guard letter.status == .open else { return "it is \(letter.status.rawValue) already" }
        if let payload { letter.payload = payload }
        let statement = payload == nil ? DeadLetterStatement.redrive : DeadLetterStatement.redriveEdited
        switch letter.redrivable {
        case .failure(let reason): return reason.text
        case .success(let message): return try await publish(message, of: letter, statement, actor)
        }
    }

    /// Why it could not be done, or nil when it is done.
    private func publish(
        _ message: Message, of letter: DeadLetter, _ statement: Statement, _ actor: String
    ) async throws(StoreError) -> String? {
        let values: [PostgresValue] = [
            .int64(letter.id), .text(actor), .text(letter.place.topic), .text(message.type), .text(message.id),
            .text(orNull: message.key), .text(message.source), .utf8(message.data),
            .text(orNull: HeaderText.encode(message.extensions)), .timestamp(message.time),
        ]
        do throws(StoreError) {
            let rows = try await database.query(statement, values)
            let done = try rows.firstRow { row throws(PostgresError) in try row.bool(0) } ?? false
            return done ? nil : "somebody else has resolved it"
        } catch {
            guard case .dataRefused(let message, _) = error else { throw error }
            return "it can't be published: \(message)"
        }
    }

    /// Marks dead letters as done with; they stay for the record, and so does who did it, and why.
    package func discard(
        _ ids: [Int64], by actor: String, reason: String? = nil
    ) async throws(StoreError) -> DeadLetterOutcome {
        let rows = try await database.query(
            DeadLetterStatement.discard, .int64s(ids), .text(actor), .text(orNull: reason))
        let done = try rows.readRows { row throws(PostgresError) in try row.int64(0) }
        var outcome = DeadLetterOutcome(done: done.sorted())
        let others = ids.filter { !done.contains($0) }
        guard !others.isEmpty else { return outcome }
        let found = try await database.query(DeadLetterStatement.statuses, .int64s(others))
        let statuses = try found.readRows { row throws(PostgresError) in (try row.int64(0), try row.text(1)) }
        for id in others { outcome.refused[id] = "there is no dead letter \(id)" }
        for (id, status) in statuses { outcome.refused[id] = "it is \(status) already" }
        return outcome
    }
}

extension DeadLetter {
    struct Refusal: Error {
        var text: String
    }

    /// The group of dead letters that never reached a consumer: the log didn't take them.
    package static let relayGroup = "mesh.relay"

    /// The message as it is to be published again.
    var redrivable: Result<Message, Refusal> {
        guard let service else {
            return .failure(Refusal(text: "its record couldn't be read as a message, so no service can take it"))
        }
        if attempts == 0, errorDetails?.hasPrefix(NewDeadLetter.keyDetails) == true {
            return .failure(Refusal(text: "its record's key is no text, so that it would be a message of another key"))
        }
        do throws(MessageDecodingError) {
            var decoded = try MessageCodec.decode(
                topic: place.topic, partition: place.partition, offset: offset,
                timestampMilliseconds: failedAt.microseconds / 1000, key: key.map { Array($0.utf8) }, value: payload,
                headers: headers)
            if place.group != DeadLetter.relayGroup { decoded.message.extensions.onlyFor = service }
            // Nobody waits for the answer any more; whoever polls gets it from the kept results.
            decoded.message.extensions.replyTo = nil
            decoded.message.extensions.deadline = nil
            if let messageID { decoded.message.id = messageID }
            return .success(decoded.message)
        } catch {
            return .failure(Refusal(text: "its record can't be read as a message: \(error)"))
        }
    }
}
