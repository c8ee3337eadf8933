import MeshCore
import Postgres

extension NewDeadLetter {
    /// Adds dead letters: consumer group, topic and partition are the first three parameters, `arrays` the others. Rows are called `u`, and
    /// counted by `u.at`.
    static let insert = """
        INSERT INTO mesh.dead_letter (consumer_group, topic, partition, record_offset, service, method, key, message_id, type,
            source, payload, headers, attempts, error_code, error_message, error_details, digest)
        SELECT $1::text, $2::text, $3::int4, u.record_offset, u.service, u.method, u.key, u.message_id, u.type, u.source,
            u.payload, u.headers, u.attempts, u.error_code, u.error_message, u.error_details, u.digest
        FROM unnest($4::int8[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::bytea[],
            $12::text[], $13::int8[], $14::text[], $15::text[], $16::text[], $17::text[])
            WITH ORDINALITY u(record_offset, service, method, key, message_id, type, source, payload, headers, attempts,
                error_code, error_message, error_details, digest, at)
        """
}

extension Collection<NewDeadLetter> {
    var arrays: [PostgresValue] {
        var values: [PostgresValue] = []
        values.append(.int64s(map(\.offset)))
        values.append(.texts(map(\.service)))
        values.append(.texts(map(\.method)))
        values.append(.texts(map { $0.key?.withoutNUL }))
        values.append(.texts(map { $0.messageID?.withoutNUL }))
        values.append(.texts(map { $0.type?.withoutNUL }))
        values.append(.texts(map { $0.source?.withoutNUL }))
        values.append(.bytesArray(map(\.payload)))
        values.append(.texts(map { HeaderText.encode($0.headers) }))
        values.append(.integers(map(\.attempts)))
        values.append(.texts(map { $0.error.tableCode }))
        values.append(.texts(map { $0.error.tableMessage }))
        values.append(.texts(map { $0.error.details?.withoutNUL }))
        values.append(.texts(map(\.digest)))
        return values
    }
}
