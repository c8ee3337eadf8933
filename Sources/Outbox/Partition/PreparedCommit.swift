import MeshCore
import Postgres

/// A batch as a pipeline: one implicit transaction that begins with the fence.
struct PreparedCommit {
    private let batch: BatchCommit
    /// In the order of keys, so that two commits that meet on keys take their locks in one order.
    private let writes: [StateWrite]
    private let workflows: [WorkflowWrite]
    private(set) var pipeline = Pipeline()
    private var parked: Int?
    private var buried: Int?

    init(_ batch: BatchCommit) {
        self.batch = batch
        writes = batch.stateWrites.sorted { $0.key < $1.key }
        workflows = batch.workflows.sorted { $0.row.id < $1.row.id }
        let place = batch.partition.parameters
        advance(place)
        if !batch.inboxIDs.isEmpty { pipeline.add(PartitionStatement.admit, place[0], .texts(batch.inboxIDs)) }
        addState()
        addWorkflows()
        addTimers(place)
        if !batch.outbox.isEmpty { pipeline.add(.insertOutbox, [.int64(batch.lane)] + batch.outbox.arrays) }
        addResults()
        addParked(place)
        addDeadLetters(place)
    }

    func receipt(_ results: [PostgresResult]) throws(PostgresError) -> CommitReceipt {
        func ids(_ index: Int?) throws(PostgresError) -> [Int64] {
            guard let index else { return [] }
            return try results[index].mapRows { row throws(PostgresError) in try row.int64(0) }
        }
        return CommitReceipt(parkedIDs: try ids(parked), deadLetterIDs: try ids(buried))
    }

    func storeError(_ error: PostgresError) -> StoreError {
        let places = StoreError.places(error)
        switch error.sqlstate {
        case "MF002": return .stateConflict(places.isEmpty ? writes.map(\.key) : pick(writes.map(\.key), places))
        case "MF005": return .stateConflict(pick(workflows.map(\.row.id), places))
        case "MF003": return .duplicateInbox(places.isEmpty ? batch.inboxIDs : pick(batch.inboxIDs, places))
        default: return StoreError(error)
        }
    }

    private func pick<Value>(_ values: [Value], _ places: [Int]) -> [Value] {
        places.filter { $0 >= 1 && $0 <= values.count }.map { values[$0 - 1] }
    }
}

extension PreparedCommit {
    private mutating func advance(_ place: [PostgresValue]) {
        pipeline.add(
            PartitionStatement.advance,
            place + [
                .int64(batch.epoch), .int64(batch.expectedNextOffset), .int64(batch.nextOffset),
                .bytes(batch.completed), .int64s(batch.completedStamps.map(\.lane)),
                .int64s(batch.completedStamps.map(\.sequence)), .int64(orNull: batch.logEnd), .int64(batch.lane),
                .int64(batch.nextSequence), .int64(batch.acknowledgedSequence),
            ])
        guard !batch.watermarks.isEmpty else { return }
        let marks = batch.watermarks.sorted { $0.key < $1.key }
        pipeline.add(
            PartitionStatement.writeWatermarks,
            place + [
                .int64s(marks.map(\.key)), .int64s(marks.map(\.value.epoch)), .int64s(marks.map(\.value.sequence)),
            ])
    }

    private mutating func addState() {
        guard !writes.isEmpty else { return }
        var services = PostgresColumn.texts(capacity: writes.count)
        var keys = PostgresColumn.texts(capacity: writes.count)
        var expected = PostgresColumn.int64s(capacity: writes.count)
        var versions = PostgresColumn.int64s(capacity: writes.count)
        var documents = PostgresColumn.texts(capacity: writes.count)
        for index in writes.indices {
            services.append(writes[index].key.service)
            keys.append(writes[index].key.key)
            expected.append(writes[index].expectedVersion)
            versions.append(writes[index].newVersion)
            documents.append(writes[index].data)
        }
        pipeline.add(
            PartitionStatement.writeState, services.value(), keys.value(), expected.value(), versions.value(),
            documents.value())
    }

    private mutating func addWorkflows() {
        if !workflows.isEmpty {
            pipeline.add(WorkflowStatement.writeRows, workflows.rowArrays)
            pipeline.add(WorkflowStatement.writeJournal, workflows.journalArrays)
        }
        if !batch.schedules.isEmpty { pipeline.add(WorkflowStatement.writeSchedules, batch.schedules.arrays) }
        let ended = Set(batch.scheduledEnds).sorted()
        if !ended.isEmpty {
            pipeline.add(
                WorkflowStatement.endScheduled, .texts(ended.map(\.service)),
                .texts(ended.map { ScheduleRow.method(ofKey: $0.key) ?? "" }),
                .timestamps(ended.map { _ in batch.scheduledEndsAt }))
        }
    }

    /// Removals first: what is removed and added again is there afterwards.
    private mutating func addTimers(_ place: [PostgresValue]) {
        let removed = workflows.flatMap(\.timersRemoved) + batch.timersRemoved
        let added = workflows.flatMap(\.timersAdded) + batch.timersAdded
        if !removed.isEmpty { pipeline.add(WorkflowStatement.removeTimers, [place[0], place[2]] + removed.arrays) }
        if !added.isEmpty { pipeline.add(WorkflowStatement.addTimers, [place[0], place[2]] + added.arrays) }
    }

    private mutating func addResults() {
        guard !batch.callResults.isEmpty else { return }
        pipeline.add(
            PartitionStatement.insertResults, .texts(batch.callResults.map(\.id)),
            .texts(batch.callResults.map(\.status.rawValue)), .utf8s(batch.callResults.map { [UInt8]?($0.data) }))
    }

    private mutating func addParked(_ place: [PostgresValue]) {
        if !batch.parkedAgain.isEmpty {
            let again = batch.parkedAgain
            pipeline.add(
                PartitionStatement.parkAgain,
                place + [
                    .int64s(again.map(\.id)), .integers(again.map(\.attempts)),
                    .timestamps(again.map { Timestamp?($0.due) }), .texts(again.map { $0.error.tableCode }),
                    .texts(again.map { $0.error.tableMessage }), .texts(again.map(\.digest)),
                ])
        }
        if !batch.parked.isEmpty { parked = pipeline.add(PartitionStatement.park, place + batch.parked.arrays) }
        // Behind what is parked now: it may be the next of a key whose last one is done, and nobody else would ever make it due.
        if !batch.parkedDone.isEmpty {
            pipeline.add(PartitionStatement.finishParked, place + [.int64s(batch.parkedDone)])
        }
    }

    private mutating func addDeadLetters(_ place: [PostgresValue]) {
        guard !batch.deadLetters.isEmpty else { return }
        buried = pipeline.add(PartitionStatement.bury, place + batch.deadLetters.arrays)
    }
}

extension Collection<NewParkedMessage> {
    fileprivate var arrays: [PostgresValue] {
        var values: [PostgresValue] = []
        values.append(.int64s(map(\.offset)))
        values.append(.texts(map(\.service)))
        values.append(.texts(map(\.method)))
        values.append(.texts(map(\.key)))
        values.append(.texts(map(\.message.id)))
        values.append(.texts(map(\.message.key)))
        values.append(.texts(map(\.message.type)))
        values.append(.texts(map(\.message.source)))
        values.append(.timestamps(map { Timestamp?($0.message.time) }))
        values.append(.utf8s(map { [UInt8]?($0.message.data) }))
        values.append(.texts(map { HeaderText.encode($0.message.extensions) }))
        values.append(.integers(map(\.attempts)))
        values.append(.timestamps(map(\.due)))
        values.append(.texts(map { $0.error?.tableCode }))
        values.append(.texts(map { $0.error?.tableMessage }))
        values.append(.texts(map(\.digest)))
        values.append(.timestamps(map(\.firstRunAt)))
        return values
    }
}

extension MeshError {
    var tableCode: String { (applicationCode ?? code.rawValue).withoutNUL }
    var tableMessage: String { message.withoutNUL }
}

extension String {
    /// Postgres can't store U+0000, and an error report must never be what fails.
    package var withoutNUL: String {
        utf8.contains(0) ? String(String.UnicodeScalarView(unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : $0 })) : self
    }
}
