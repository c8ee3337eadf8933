import MeshCore
import Postgres

/// The statements about calls that are sent later; the work is in the functions of `0048_delayed_sends.sql`.
enum DelayedSendStatement {
    static let insert = Statement(
        "insert delayed sends",
        """
        INSERT INTO mesh.delayed_send (due, id, topic, key, type, source, created_at, data, headers)
        SELECT u.due, u.id, u.topic, u.key, u.type, u.source, u.created_at, u.data, u.headers
        FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[], $9::text[])
            WITH ORDINALITY u(due, id, topic, key, type, source, created_at, data, headers, at)
        ORDER BY u.at
        """)
    static let sendDue = Statement(
        "send due",
        "SELECT sent, last_due, next_in FROM mesh.send_due($1::int8, $2::int8, $3::timestamptz, $4::int8::int4, $5::int8)"
    )
    static let list = Statement(
        "delayed sends",
        """
        SELECT id, due, type, key, source, created_at, headers::jsonb ->> 'mesh_principal' FROM mesh.delayed_send
        WHERE ($1::text IS NULL OR topic = $1::text) AND ($2::text IS NULL OR split_part(type, '/', 2) = $2::text)
            AND ($3::text IS NULL OR key = $3::text)
        ORDER BY due, number LIMIT $4::int8
        """)
    static let takeBack = Statement("take send back", "SELECT mesh.take_send_back($1::text, $2::text)")
}

extension [DelayedSend] {
    /// The columns of rows as arrays, for `DelayedSendStatement.insert`.
    var arrays: [PostgresValue] {
        var values: [PostgresValue] = []
        values.append(.timestamps(map { Timestamp?($0.due) }))
        values.append(.texts(map(\.message.id)))
        values.append(.texts(map(\.topic)))
        values.append(.texts(map(\.message.key)))
        values.append(.texts(map(\.message.type)))
        values.append(.texts(map(\.message.source)))
        values.append(.timestamps(map { Timestamp?($0.message.time) }))
        values.append(.utf8s(map { [UInt8]?($0.message.data) }))
        values.append(.texts(map { HeaderText.encode($0.message.extensions) }))
        return values
    }
}
