import MeshCore
import Postgres

extension AdminStore {
    /// Calls that are sent later, the next ones first: of one service, of methods with this own name, of one key.
    package func delayedSends(
        to service: String?, method: String? = nil, key: String? = nil, limit: Int
    ) async throws(StoreError) -> [DelayedSendRecord] {
        let rows = try await database.query(
            DelayedSendStatement.list, .text(orNull: service), .text(orNull: method), .text(orNull: key),
            .integer(limit))
        return try rows.readRows { row throws(PostgresError) in
            DelayedSendRecord(
                id: try row.text(0), due: try row.timestamp(1), method: try row.text(2), key: try row.textIfAny(3),
                source: try row.text(4), createdAt: try row.timestamp(5),
                principal: try row.textIfAny(6).flatMap { Principal($0)?.name })
        }
    }

    /// Takes a call back that is to be sent later; false where there is none, or it is on its way already.
    package func cancelDelayedSend(_ id: String, by actor: String) async throws(StoreError) -> Bool {
        try await database.query(DelayedSendStatement.takeBack, .text(id), .text(actor))
            .firstRow { row throws(PostgresError) in try row.bool(0) } ?? false
    }
}
