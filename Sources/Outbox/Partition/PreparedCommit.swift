import MeshCore
import Postgres

/// Batches as a pipeline: one implicit transaction that begins with the fences.
///
/// What isn't bound to a partition is written for all of them at once: a statement costs Postgres about as much as the rows of a small batch.
struct PreparedCommit {
    /// In the order of their places, and what they write goes in the order of keys, so that two transactions that meet take their locks in one order.
    private let batches: [BatchCommit]
    /// Where each batch stands in the caller's order.
    private let places: [Int]
    private let writes: [StateWrite]
    /// The order of their keys, which is sorted in their place: they are many, and large.
    private let order: [Int]
    private let workflows: [WorkflowWrite]
    private(set) var pipeline = Pipeline()
    /// The statements that tell ids, by batch.
    private var parked: [Int?] = []
    private var buried: [Int?] = []

    /// Batches of different partitions that write different rows.
    ///
    /// Somebody else's lock on a row is waited for for a moment only, and shorter where others of the transaction wait with it: what waits
    /// holds one of the few places for transactions, and is tried again.
    init(_ batches: [BatchCommit]) {
        places = batches.indices.sorted { batches[$0].partition < batches[$1].partition }
        self.batches = places.map { batches[$0] }
        let writes = batches.count == 1 ? batches[0].stateWrites : batches.flatMap(\.stateWrites)
        self.writes = writes
        order = PreparedCommit.order(of: writes)
        workflows = batches.flatMap(\.workflows).sorted { $0.row.id < $1.row.id }
        pipeline.add(PartitionStatement.boundLockWaits, .text(batches.count > 1 ? "200ms" : "1s"))
        for batch in self.batches { advance(batch) }
        for batch in self.batches where !batch.inboxIDs.isEmpty {
            pipeline.add(PartitionStatement.admit, .text(batch.partition.group), .texts(batch.inboxIDs))
        }
        addState()
        addWorkflows()
        for batch in self.batches { addTimers(batch) }
        addOutbox()
        addDelayedSends()
        addHTTPCalls()
        addResults()
        for batch in self.batches {
            parked.append(addParked(batch))
            buried.append(addDeadLetters(batch))
        }
    }

    /// The places of writes in one order of their keys, whoever writes them: by the first bytes, which are at hand, then as keys are ordered.
    private static func order(of writes: [StateWrite]) -> [Int] {
        var places: [(start: UInt64, index: Int)] = []
        places.reserveCapacity(writes.count)
        for index in writes.indices { places.append((writes[index].key.start, index)) }
        places.sort { $0.start == $1.start ? writes[$0.index].key < writes[$1.index].key : $0.start < $1.start }
        return places.map(\.index)
    }

    /// What became of the batches, in the order in which they were given.
    func receipts(_ results: [PostgresResult]) throws(PostgresError) -> [CommitReceipt] {
        func ids(_ index: Int?) throws(PostgresError) -> [Int64] {
            guard let index else { return [] }
            return try results[index].mapRows { row throws(PostgresError) in try row.int64(0) }
        }
        var receipts = [CommitReceipt](repeating: CommitReceipt(), count: batches.count)
        for (index, place) in places.enumerated() {
            receipts[place] = CommitReceipt(parkedIDs: try ids(parked[index]), deadLetterIDs: try ids(buried[index]))
        }
        return receipts
    }

    /// Why a single batch was refused.
    func storeError(_ error: PostgresError) -> StoreError {
        let places = StoreError.places(error)
        switch error.sqlstate {
        case "MF002":
            let keys = order.map { writes[$0].key }
            return .stateConflict(places.isEmpty ? keys : pick(keys, places))
        case "MF005": return .stateConflict(pick(workflows.map(\.row.id), places))
        case "MF003":
            let ids = batches.flatMap(\.inboxIDs)
            return .duplicateInbox(places.isEmpty ? ids : pick(ids, places))
        default: return StoreError(error)
        }
    }

    private func pick<Value>(_ values: [Value], _ places: [Int]) -> [Value] {
        places.filter { $0 >= 1 && $0 <= values.count }.map { values[$0 - 1] }
    }
}

extension PreparedCommit {
    private mutating func advance(_ batch: BatchCommit) {
        let place = batch.partition.parameters
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
        writes.withUnsafeBufferPointer { writes in
            for index in order {
                services.append(writes[index].key.service)
                keys.append(writes[index].key.key)
                expected.append(writes[index].expectedVersion)
                versions.append(writes[index].newVersion)
                documents.append(writes[index].data)
            }
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
        let forgetful = workflows.filter { $0.operationsKept != nil }
        if !forgetful.isEmpty {
            pipeline.add(
                HTTPCallStatement.forget, .texts(forgetful.map(\.row.id.service)), .texts(forgetful.map(\.row.id.key)),
                .int32s(forgetful.map(\.operationsKept)))
        }
        let schedules = batches.flatMap(\.schedules)
        if !schedules.isEmpty { pipeline.add(WorkflowStatement.writeSchedules, schedules.arrays) }
        for batch in batches where !batch.scheduledEnds.isEmpty {
            let ended = Set(batch.scheduledEnds).sorted()
            pipeline.add(
                WorkflowStatement.endScheduled, .texts(ended.map(\.service)),
                .texts(ended.map { ScheduleRow.method(ofKey: $0.key) ?? "" }),
                .timestamps(ended.map { _ in batch.scheduledEndsAt }))
        }
    }

    /// Removals first: what is removed and added again is there afterwards.
    private mutating func addTimers(_ batch: BatchCommit) {
        let owner = [PostgresValue.text(batch.partition.group), .int32(batch.partition.partition)]
        let removed = batch.workflows.flatMap(\.timersRemoved) + batch.timersRemoved
        let added = batch.workflows.flatMap(\.timersAdded) + batch.timersAdded
        if !removed.isEmpty { pipeline.add(WorkflowStatement.removeTimers, owner + removed.arrays) }
        if !added.isEmpty { pipeline.add(WorkflowStatement.addTimers, owner + added.arrays) }
    }

    private mutating func addOutbox() {
        let count = batches.reduce(0) { $0 + $1.outbox.count }
        guard count > 0 else { return }
        var lanes = PostgresColumn.int64s(capacity: count)
        for batch in batches { for _ in batch.outbox { lanes.append(batch.lane) } }
        let rows = batches.count == 1 ? batches[0].outbox : batches.flatMap(\.outbox)
        pipeline.add(.insertOutbox, [lanes.value()] + rows.arrays)
    }

    private mutating func addDelayedSends() {
        let sends = batches.flatMap(\.delayedSends)
        if !sends.isEmpty { pipeline.add(DelayedSendStatement.insert, sends.arrays) }
    }

    private mutating func addHTTPCalls() {
        let calls = batches.flatMap(\.httpCalls)
        if !calls.isEmpty { pipeline.add(HTTPCallStatement.insert, calls.arrays) }
    }

    private mutating func addResults() {
        let results = batches.flatMap(\.callResults)
        guard !results.isEmpty else { return }
        pipeline.add(
            PartitionStatement.insertResults, .texts(results.map(\.id)), .texts(results.map(\.status.rawValue)),
            .utf8s(results.map { [UInt8]?($0.data) }))
    }

    private mutating func addParked(_ batch: BatchCommit) -> Int? {
        let place = batch.partition.parameters
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
        let parked =
            batch.parked.isEmpty ? nil : pipeline.add(PartitionStatement.park, place + batch.parked.arrays)
        // Behind what is parked now: it may be the next of a key whose last one is done, and nobody else would ever make it due.
        if !batch.parkedDone.isEmpty {
            pipeline.add(PartitionStatement.finishParked, place + [.int64s(batch.parkedDone)])
        }
        return parked
    }

    private mutating func addDeadLetters(_ batch: BatchCommit) -> Int? {
        for letter in batch.deadLetters {
            guard let place = letter.place else { continue }
            pipeline.add(PartitionStatement.bury, place.parameters + [letter].arrays)
        }
        let own = batch.deadLetters.filter { $0.place == nil }
        guard !own.isEmpty else { return nil }
        return pipeline.add(PartitionStatement.bury, batch.partition.parameters + own.arrays)
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
