package import Postgres

/// Workflows as everybody but their owners reads them.
package struct WorkflowStore: Sendable {
    private let database: Database

    package init(_ pool: PostgresPool) { database = Database(pool) }

    /// Workflows with the journals of their current runs; one that isn't there is not in it.
    package func records(_ ids: [WorkflowID]) async throws(StoreError) -> [WorkflowID: WorkflowRecord] {
        var pipeline = Pipeline()
        pipeline.add(WorkflowStatement.readRows, ids.keyArrays)
        pipeline.add(WorkflowStatement.readJournals, ids.keyArrays)
        let results = try await database.submit(pipeline)
        do throws(PostgresError) {
            return try WorkflowRecord.read(ids, rows: results[0], journals: results[1])
        } catch { throw StoreError(error) }
    }

    /// The packages that open workflows run on, by service.
    package func openDigests() async throws(StoreError) -> [String: Set<String>] {
        var digests: [String: Set<String>] = [:]
        let rows = try await database.query(WorkflowStatement.openDigests)
        try rows.readRows { row throws(PostgresError) in digests[try row.text(0), default: []].insert(try row.text(1)) }
        return digests
    }
}

extension WorkflowRecord {
    /// What `readRows` and `readJournals` gave for these ids.
    static func read(_ ids: [WorkflowID], rows: PostgresResult, journals: PostgresResult) throws(PostgresError)
        -> [WorkflowID: WorkflowRecord]
    {
        var journal: [Int: [JournalEntry]] = [:]
        for row in journals { journal[try row.int(0), default: []].append(try JournalEntry(row, at: 1)) }
        var records: [WorkflowID: WorkflowRecord] = [:]
        for row in rows {
            let place = try row.int(0)
            records[ids[place - 1]] = WorkflowRecord(
                row: try WorkflowRow(row, at: 1), journal: journal[place] ?? [])
        }
        return records
    }
}
