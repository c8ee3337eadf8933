import MeshCore
package import Postgres

/// Workflows, their journals and schedules as operators see them.
///
/// It only reads: what an operator orders travels as `mesh.control` to the owner of the partition, the one writer of a workflow.
package struct WorkflowAdminStore: Sendable {
    private let database: Database

    /// Entries that one page of a journal has at most.
    package static let journalPage = 1000

    package init(_ pool: PostgresPool) { database = Database(pool) }

    /// One page; those that started last come first.
    package func list(_ filter: WorkflowFilter) async throws(StoreError) -> [WorkflowRow] {
        let rows = try await database.query(
            WorkflowAdminStatement.list, .text(orNull: filter.service), .text(orNull: filter.type),
            .texts(filter.statuses.map(\.rawValue)), .text(orNull: filter.waitingFor),
            .timestamp(orNull: filter.waitingSince), .timestamp(orNull: filter.startedSince),
            .text(orNull: filter.idPrefix), .text(orNull: filter.digest), .text(orNull: filter.parent?.service),
            .text(orNull: filter.parent?.key), .timestamp(orNull: filter.after?.startedAt),
            .text(orNull: filter.after?.id.service), .text(orNull: filter.after?.id.key),
            .integer(min(max(filter.limit, 1), 1000)))
        return try rows.readRows { row throws(PostgresError) in try WorkflowRow(row, at: 0) }
    }

    /// What one is doing now; nil where there is none.
    package func show(_ id: WorkflowID) async throws(StoreError) -> WorkflowRow? {
        let rows = try await database.query(WorkflowAdminStatement.show, .text(id.service), .text(id.key))
        return try rows.firstRow { row throws(PostgresError) in try WorkflowRow(row, at: 0) }
    }

    /// A page of the journal of a run (nil: the current one), above a sequence, in order.
    package func journal(
        _ id: WorkflowID, run: Int32? = nil, after sequence: Int64 = 0, limit: Int = journalPage
    ) async throws(StoreError) -> [JournalEntry] {
        let rows = try await database.query(
            WorkflowAdminStatement.journal, .text(id.service), .text(id.key), run.map(PostgresValue.int32) ?? .null,
            .int64(sequence), .integer(min(max(limit, 1), WorkflowAdminStore.journalPage)))
        return try rows.readRows { row throws(PostgresError) in try JournalEntry(row, at: 0) }
    }

    /// Its timers, the next one first, at most 100; `partition` is that of its id in the topic of its service.
    package func timers(_ id: WorkflowID, partition: Int32) async throws(StoreError) -> [WorkflowTimer] {
        let rows = try await database.query(
            WorkflowAdminStatement.timers, .text(id.service), .int32(partition), .text(id.key), .int64(100))
        return try rows.readRows { row throws(PostgresError) in try WorkflowTimer(row, service: id.service) }
    }

    /// How many there are, by type and status.
    package func counts(service: String? = nil) async throws(StoreError) -> [WorkflowCount] {
        let rows = try await database.query(WorkflowAdminStatement.counts, .text(orNull: service))
        return try rows.readRows { row throws(PostgresError) in
            WorkflowCount(
                service: try row.text(0), type: try row.text(1), status: try WorkflowRow.Status(stored: row.text(2)),
                count: try row.int64(3), oldest: try row.timestamp(4))
        }
    }

    /// An open workflow, and how many journal entries it has at most.
    package struct OpenWorkflow: Sendable, Equatable {
        package var id: WorkflowID
        package var entries: Int64
    }

    /// How many open workflows of a service run on another package than `digest`.
    package func openCount(_ service: String, otherThan digest: String) async throws(StoreError) -> Int {
        let rows = try await database.query(WorkflowAdminStatement.openCount, .text(service), .text(digest))
        return try rows.firstRow { row throws(PostgresError) in try row.int(0) } ?? 0
    }

    /// How many workflows run or are stuck, and how many are stuck; no more than `limit` are counted.
    package func openCounts(limit: Int) async throws(StoreError) -> (running: Int, stuck: Int) {
        let rows = try await database.query(WorkflowAdminStatement.openCounts, .integer(limit))
        return try rows.firstRow { row throws(PostgresError) in
            let (open, stuck) = (try row.int(0), try row.int(1))
            return (max(0, open - stuck), stuck)
        } ?? (0, 0)
    }

    /// A page of them in the order of their ids, behind `id`.
    package func open(
        _ service: String, otherThan digest: String, after id: String, limit: Int
    ) async throws(StoreError) -> [OpenWorkflow] {
        let rows = try await database.query(
            WorkflowAdminStatement.open, .text(service), .text(digest), .text(id), .integer(limit))
        return try WorkflowAdminStore.open(rows, service)
    }

    /// At most `sample` of them, without a pattern.
    package func someOpen(
        _ service: String, otherThan digest: String, sample: Int
    ) async throws(StoreError) -> [OpenWorkflow] {
        let rows = try await database.query(
            WorkflowAdminStatement.someOpen, .text(service), .text(digest), .integer(sample))
        return try WorkflowAdminStore.open(rows, service)
    }

    private static func open(_ rows: PostgresResult, _ service: String) throws(StoreError) -> [OpenWorkflow] {
        try rows.readRows { row throws(PostgresError) in
            OpenWorkflow(id: WorkflowID(service: service, key: try row.text(0)), entries: try row.int64(1))
        }
    }

    /// Workflows with the journals of their current runs; one that isn't there is not in it.
    package func records(_ ids: [WorkflowID]) async throws(StoreError) -> [WorkflowID: WorkflowRecord] {
        try await WorkflowStore(database.pool).records(ids)
    }

    /// A workflow with the journal of a run; nil where there is no such workflow.
    package func record(_ id: WorkflowID, run: Int32?) async throws(StoreError) -> WorkflowRecord? {
        guard let row = try await show(id) else { return nil }
        var journal: [JournalEntry] = []
        while true {
            let page = try await self.journal(id, run: run, after: journal.last?.sequence ?? 0)
            journal += page
            if page.count < WorkflowAdminStore.journalPage { return WorkflowRecord(row: row, journal: journal) }
        }
    }

    /// The schedules that the mesh has taken up, and whether what each started last is still open.
    package func schedules(service: String? = nil) async throws(StoreError) -> [LoadedSchedule] {
        let rows = try await database.query(WorkflowAdminStatement.schedules, .text(orNull: service))
        return try rows.readRows { row throws(PostgresError) in
            LoadedSchedule(row: try ScheduleRow(row, at: 0), isOpen: try row.bool(12))
        }
    }
}

extension WorkflowRow.Status {
    init(stored text: String) throws(PostgresError) {
        guard let status = Self(rawValue: text) else {
            throw PostgresError(.value, "mesh.workflow has the status \(text), which this version doesn't know")
        }
        self = status
    }
}
