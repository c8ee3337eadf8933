import MeshCore
package import Postgres

/// The router's store on Postgres; the work is in the functions of `0004_ingress.sql`.
package struct PostgresIngressStore: IngressStore {
    private let database: Database

    package init(_ pool: PostgresPool) { database = Database(pool) }

    package func claimLane(owner: String, lease: Duration) async throws(StoreError) -> RouterLane {
        guard let lane = try await claim(owner, lease, abandoned: false) else {
            throw .other(message: "mesh.claim_router_lane returned no lane", sqlstate: nil)
        }
        return lane
    }

    package func claimAbandonedLane(owner: String, lease: Duration) async throws(StoreError) -> RouterLane? {
        try await claim(owner, lease, abandoned: true)
    }

    private func claim(_ owner: String, _ lease: Duration, abandoned: Bool) async throws(StoreError) -> RouterLane? {
        let rows = try await database.query(
            IngressStatement.claimLane, .text(owner), .float64(lease.seconds), .bool(abandoned))
        return try rows.firstRow { row throws(PostgresError) in
            RouterLane(
                lane: LaneClaim(
                    id: try row.int64(0), epoch: try row.int64(1), nextSequence: try row.int64(2),
                    acknowledgedSequence: try row.int64(3)),
                leaseEpoch: try row.int64(4), owner: owner)
        }
    }

    package func renewLane(_ lane: RouterLane, acknowledged: Int64, lease: Duration) async throws(StoreError) {
        try await database.query(
            IngressStatement.renewLane, .int64(lane.lane.id), .int64(lane.leaseEpoch), .int64(acknowledged),
            .float64(lease.seconds))
    }

    package func releaseLane(_ lane: RouterLane, acknowledged: Int64) async throws(StoreError) {
        try await database.query(
            IngressStatement.renewLane, .int64(lane.lane.id), .int64(lane.leaseEpoch), .int64(acknowledged), .null)
    }

    package func abandonLane(_ lane: RouterLane) async throws(StoreError) -> AbandonedLane {
        var pipeline = Pipeline()
        pipeline.add(IngressStatement.abandonLane, .int64(lane.lane.id), .int64(lane.leaseEpoch))
        pipeline.add(IngressStatement.nextSequence, .int64(lane.lane.id))
        let results = try await database.submit(pipeline)
        let next = try results[1].firstRow { row throws(PostgresError) in try row.int64(0) }
        guard let next else { throw .other(message: "mesh.lane has no lane \(lane.lane.id)", sqlstate: nil) }
        return AbandonedLane(nextSequence: next, wasOurs: results[0].count > 0)
    }

    package func accept(_ messages: [IngressMessage], lane: inout RouterLane, acknowledged: Int64)
        async throws(StoreError) -> [IngressOutcome]
    {
        guard !messages.isEmpty else { return [] }
        let first = lane.lane.nextSequence
        let rows = messages.enumerated().map { index, message in
            OutboxRow(
                sequence: first + Int64(index), topic: message.topic, partition: message.partition,
                message: message.message)
        }
        let refused = try await database.query(
            IngressStatement.accept,
            [.int64(lane.lane.id), .int64(lane.leaseEpoch), .int64(first), .int64(acknowledged)]
                + IngressStatement.arrays(messages, rows))
        lane.lane.nextSequence = first + Int64(messages.count)
        lane.lane.acknowledgedSequence = max(lane.lane.acknowledgedSequence, acknowledged)
        var outcomes = rows.map { $0.message.extensions.due == nil ? IngressOutcome.accepted($0) : .delayed }
        try refused.readRows { row throws(PostgresError) in
            let call = try row.text(1)
            outcomes[try row.int(0) - 1] = try row.bool(2) ? .repeated(callID: call) : .conflict(callID: call)
        }
        return outcomes
    }

    package func bury(_ refusals: [LaneRefusal], lane: RouterLane) async throws(StoreError) {
        var pipeline = Pipeline()
        pipeline.add(IngressStatement.checkLease, .int64(lane.lane.id), .int64(lane.leaseEpoch))
        for refusal in refusals {
            let letter = NewDeadLetter(
                refused: refusal.row,
                error: MeshError(
                    refusal.isTopicMissing ? .notFound : .invalidRequest, "the log didn't take it: \(refusal.reason)"))
            guard let place = letter.place else { continue }
            pipeline.add(IngressStatement.buryOnce, place.parameters + [letter].arrays)
        }
        try await database.submit(pipeline)
    }

    package func unpublished(lane: Int64, above sequence: Int64, limit: Int) async throws(StoreError) -> [OutboxRow] {
        let rows = try await database.query(
            .unpublished, .int64(lane), .int64(sequence), .integer(limit), .integer(OutboxRow.pageBytes))
        return try rows.readRows { row throws(PostgresError) in try OutboxRow(row) }
    }

    package func leaseReplies(owner: String, partitions count: Int32, lease: Duration)
        async throws(StoreError) -> ReplyLease?
    {
        let rows = try await database.query(
            IngressStatement.leaseReplies, .text(owner), .int32(count), .float64(lease.seconds))
        return try rows.firstRow { row throws(PostgresError) in
            ReplyLease(partition: try row.int32(0), epoch: try row.int64(1), owner: owner)
        }
    }

    package func renewReplies(_ lease: ReplyLease, for duration: Duration) async throws(StoreError) {
        try await database.query(
            IngressStatement.renewReplies, .int32(lease.partition), .int64(lease.epoch), .float64(duration.seconds))
    }

    package func releaseReplies(_ lease: ReplyLease) async throws(StoreError) {
        try await database.query(IngressStatement.renewReplies, .int32(lease.partition), .int64(lease.epoch), .null)
    }

    package func results(of ids: [String]) async throws(StoreError) -> [String: CallState] {
        let rows = try await database.query(IngressStatement.results, .texts(ids))
        var states: [String: CallState] = [:]
        for id in ids { states[id] = .unknown }
        try rows.readRows { row throws(PostgresError) in
            let id = try row.text(0)
            let at = try row.timestamp(3)
            if let status = ReplyStatus(rawValue: try row.text(1)) {
                states[id] = .done(CallResult(id: id, status: status, data: try row.bytes(2)), at: at)
            } else {
                states[id] = .pending(since: at)
            }
        }
        return states
    }
}
