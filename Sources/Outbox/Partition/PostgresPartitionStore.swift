package import MeshCore
package import Postgres

/// The partition store on Postgres.
package struct PostgresPartitionStore: PartitionStore {
    private let pool: PostgresPool

    package init(_ pool: PostgresPool) { self.pool = pool }

    package func claim(_ id: PartitionID, owner: String, logStart: Int64) async throws(StoreError) -> PartitionClaim {
        var pipeline = Pipeline()
        let place = id.parameters
        // A former owner that is frozen in the middle of a commit may hold the row until its session is ended, and what waits here keeps its
        // connection from everybody else.
        pipeline.add(PartitionStatement.boundLockWaits, .text("1s"))
        let claimed = pipeline.add(PartitionStatement.claim, place + [.text(owner), .int64(max(0, logStart))])
        let watermarks = pipeline.add(PartitionStatement.watermarks, place)
        let laneEpochs = pipeline.add(PartitionStatement.laneEpochs)
        let gaps = pipeline.add(PartitionStatement.laneGaps)
        let lost = pipeline.add(PartitionStatement.lostLanes)
        let doubts = pipeline.add(PartitionStatement.laneDoubts)
        let timer =
            id.hasTimers
            ? pipeline.add(WorkflowStatement.nextTimer, place[0], place[2], .timestamp(.distantPast)) : nil
        return try await submit(pipeline) { results throws(PostgresError) in
            var claim = try PartitionClaim(
                claimed: results[claimed], watermarks: results[watermarks], laneEpochs: results[laneEpochs])
            for gap in results[gaps] {
                claim.laneGaps.sequences[try gap.int64(0), default: []].append(try gap.range(1))
            }
            for range in results[lost] { claim.laneGaps.lanes.append(try range.range(0)) }
            for doubt in results[doubts] {
                claim.laneGaps.doubts[try doubt.int64(0), default: []].append(try doubt.range(1))
            }
            if let timer { claim.nextTimerDue = try results[timer].first?.timestampIfAny(0) }
            return claim
        }
    }

    package func unpublished(lane: Int64, above sequence: Int64, limit: Int) async throws(StoreError) -> [OutboxRow] {
        let pipeline = Pipeline(
            .unpublished, .int64(lane), .int64(sequence), .integer(limit), .integer(OutboxRow.pageBytes))
        return try await submit(pipeline) { results throws(PostgresError) in
            try results[0].mapRows { row throws(PostgresError) in try OutboxRow(row) }
        }
    }

    package func load(_ request: LoadRequest) async throws(StoreError) -> LoadResult {
        var pipeline = Pipeline()
        let place = request.partition.parameters
        let ids =
            request.externalIDs.isEmpty
            ? nil : pipeline.add(PartitionStatement.knownIDs, place[0], .texts(request.externalIDs))
        let state =
            request.stateKeys.isEmpty
            ? nil : pipeline.add(PartitionStatement.readState, request.stateKeys.keyArrays)
        let parked =
            request.parkedKeys.isEmpty
            ? nil : pipeline.add(PartitionStatement.parkedCounts, place + request.parkedKeys.keyArrays)
        let workflows =
            request.workflows.isEmpty ? nil : pipeline.add(WorkflowStatement.readRows, request.workflows.keyArrays)
        let journals =
            request.workflows.isEmpty ? nil : pipeline.add(WorkflowStatement.readJournals, request.workflows.keyArrays)
        let schedules =
            request.schedules.isEmpty
            ? nil
            : pipeline.add(
                WorkflowStatement.readSchedules, .texts(request.schedules.map(\.service)),
                .texts(request.schedules.map { ScheduleRow.method(ofKey: $0.key) ?? "" }))
        guard !pipeline.isEmpty else { return LoadResult() }
        return try await submit(pipeline) { results throws(PostgresError) in
            var loaded = LoadResult()
            if let ids { for row in results[ids] { loaded.knownIDs.insert(ExactText(try row.text(0))) } }
            if let state {
                for row in results[state] {
                    let key = request.stateKeys[try row.int(0) - 1]
                    loaded.state[key] = StateRow(version: try row.int64(1), data: try row.bytes(2))
                }
            }
            if let parked {
                for row in results[parked] { loaded.parked[request.parkedKeys[try row.int(0) - 1]] = try row.int(1) }
            }
            if let workflows, let journals {
                loaded.workflows = try WorkflowRecord.read(
                    request.workflows, rows: results[workflows], journals: results[journals])
            }
            if let schedules {
                for row in results[schedules] {
                    loaded.schedules[request.schedules[try row.int(0) - 1]] = LoadedSchedule(
                        row: try ScheduleRow(row, at: 2), isOpen: try row.bool(1))
                }
            }
            return loaded
        }
    }

    package func dueTimers(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<WorkflowID>)
        async throws(StoreError) -> DueTimers
    {
        let place = id.parameters
        var pipeline = Pipeline()
        pipeline.add(
            WorkflowStatement.dueTimers, place[0], place[2], .timestamp(now), .integer(limit),
            .texts(excluding.map(\.key)))
        pipeline.add(WorkflowStatement.nextTimer, place[0], place[2], .timestamp(now))
        return try await submit(pipeline) { results throws(PostgresError) in
            let timers = try results[0].mapRows { row throws(PostgresError) in
                try WorkflowTimer(row, service: id.group)
            }
            let next = try results[1].first?.timestampIfAny(0)
            return DueTimers(timers: timers, nextDue: timers.count < limit ? next : now)
        }
    }

    @discardableResult
    package func commit(_ batch: BatchCommit) async throws(StoreError) -> CommitReceipt {
        let prepared = PreparedCommit([batch])
        do throws(PostgresError) {
            return try prepared.receipts(try await pool.submit(prepared.pipeline))[0]
        } catch {
            throw prepared.storeError(error)
        }
    }

    package func commit(together batches: [BatchCommit]) async throws(StoreError) -> [CommitReceipt] {
        let prepared = PreparedCommit(batches)
        return try await submit(prepared.pipeline, prepared.receipts)
    }

    package func dueParked(_ id: PartitionID, at now: Timestamp, limit: Int, excluding: Set<StateKey>)
        async throws(StoreError) -> DueParked
    {
        let busy = Array(excluding)
        let pipeline = Pipeline(
            PartitionStatement.dueParked, id.parameters + [.timestamp(now), .integer(limit)] + busy.keyArrays)
        let messages = try await submit(pipeline) { results throws(PostgresError) in
            try results[0].mapRows { row throws(PostgresError) in try ParkedMessage(row) }
        }
        let next = Pipeline(PartitionStatement.nextDue, id.parameters + [.int64s(messages.map(\.id))])
        let nextDue = try await submit(next) { results throws(PostgresError) in
            try results[0].first?.timestampIfAny(0)
        }
        return DueParked(messages: messages, nextDue: nextDue)
    }

    package func parkedFollowers(_ id: PartitionID, of key: StateKey, after parked: Int64, limit: Int)
        async throws(StoreError) -> [ParkedMessage]
    {
        let pipeline = Pipeline(
            PartitionStatement.followers,
            id.parameters + [.text(key.service), .text(key.key), .int64(parked), .integer(limit)])
        return try await submit(pipeline) { results throws(PostgresError) in
            try results[0].mapRows { row throws(PostgresError) in try ParkedMessage(row) }
        }
    }

    private func submit<Value>(
        _ pipeline: Pipeline, _ read: ([PostgresResult]) throws(PostgresError) -> Value
    ) async throws(StoreError) -> Value {
        do throws(PostgresError) { return try read(try await pool.submit(pipeline)) } catch { throw StoreError(error) }
    }
}

extension Timestamp {
    /// Before anything that the mesh knows.
    static let distantPast = Timestamp(microseconds: 0)
}

extension PartitionID {
    /// Whether workflows live here: in the partitions of a service's own calls.
    var hasTimers: Bool { group == topic }

    var parameters: [PostgresValue] { [.text(group), .text(topic), .int32(partition)] }
}

extension Collection<StateKey> {
    var keyArrays: [PostgresValue] { [.texts(map(\.service)), .texts(map(\.key))] }
}

extension PostgresRow {
    /// The range from the number in a column to that in the next.
    fileprivate func range(_ column: Int) throws(PostgresError) -> ClosedRange<Int64> {
        let first = try int64(column)
        return first...max(first, try int64(column + 1))
    }
}
