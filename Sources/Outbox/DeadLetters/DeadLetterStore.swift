import MeshCore
package import Postgres

/// Lists dead letters, shows them, publishes them again, or discards them.
package struct DeadLetterStore: Sendable {
    private let database: Database

    package init(_ pool: PostgresPool) { database = Database(pool) }

    /// One page, newest first, without payloads.
    package func list(_ filter: DeadLetterFilter) async throws(StoreError) -> [DeadLetter] {
        let rows = try await database.query(
            DeadLetterStatement.list, .text(orNull: filter.status?.rawValue), .text(orNull: filter.service),
            .text(orNull: filter.method), .text(orNull: filter.key), .text(orNull: filter.errorCode),
            .timestamp(orNull: filter.failedSince), .int64(orNull: filter.before),
            .integer(min(max(filter.limit, 1), 1000)))
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
        for id in ids {
            guard let letter = try await show(id) else {
                outcome.refused[id] = "there is no dead letter \(id)"
                continue
            }
            guard letter.status == .open else {
                outcome.refused[id] = "it is \(letter.status.rawValue) already"
                continue
            }
            switch letter.redrivable {
            case .failure(let reason): outcome.refused[id] = reason.text
            case .success(let message):
                outcome.add(id, try await redrive(letter, message, actor))
            }
        }
        return outcome
    }

    /// Why it could not be done, or nil when it is done.
    private func redrive(_ letter: DeadLetter, _ message: Message, _ actor: String) async throws(StoreError) -> String?
    {
        let values: [PostgresValue] = [
            .int64(letter.id), .text(actor), .text(letter.place.topic), .text(message.type), .text(message.id),
            .text(orNull: message.key), .text(message.source), .utf8(message.data),
            .text(orNull: HeaderText.encode(message.extensions)), .timestamp(message.time),
        ]
        do throws(StoreError) {
            let rows = try await database.query(DeadLetterStatement.redrive, values)
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
