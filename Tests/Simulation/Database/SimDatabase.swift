import MeshCore

@testable import Outbox

/// What Postgres holds and what its functions do (`Sources/Outbox/SQL`), each call one transaction.
///
/// Unchecked: there is one thread.
final class SimDatabase: @unchecked Sendable {
    struct Position {
        var epoch: Int64 = 1
        var nextOffset: Int64
        var completed: [UInt8] = []
        var stamps: [LaneStamp] = []
        var lane: Int64
        var owner: String
    }

    struct Lane {
        enum Kind { case worker, router, sql }
        let id: Int64
        let kind: Kind
        var epoch: Int64 = 1
        var nextSequence: Int64 = 1
        var acknowledged: Int64 = 0
        var owner: String?
        var leaseEpoch: Int64 = 0
        var leaseUntil: Int64 = 0
    }

    struct Parked {
        var place: PartitionID
        var message: ParkedMessage
    }

    struct Tick {
        var number: Int64
        var firstSequence: Int64
        var acknowledged: Int64
        var from: Int
        var upTo: Int
    }

    /// Who has a partition of `mesh.replies`.
    struct ReplyHold {
        var epoch: Int64 = 0
        var owner: String?
        var until: Int64 = 0
    }

    let world: World
    let model: Model
    let isVolatile: Bool
    let mutant: Mutant?

    var positions: [PartitionID: Position] = [:]
    var lanes: [Int64: Lane] = [:]
    var workerLanes: [PartitionID: Int64] = [:]
    var watermarks: [PartitionID: [Int64: LaneWatermark]] = [:]
    var inbox: [String: Set<String>] = [:]
    var state: [StateKey: StateRow] = [:]
    /// By lane, in the order of the sequence.
    var outbox: [Int64: [OutboxRow]] = [:]
    var parked: [Parked] = []
    var nextParkedID: Int64 = 1
    /// Those that are open, and how many there ever were.
    var deadLetters: [DeadLetter] = []
    var buried: Int64 = 0
    var workflows: [WorkflowID: WorkflowRecord] = [:]
    var timers: [PartitionID: Set<WorkflowTimer>] = [:]
    var schedules: [StateKey: ScheduleRow] = [:]
    var idempotency: [String: String] = [:]
    var callResults: [String: CallState] = [:]
    var replyLeases: [Int32: ReplyHold] = [:]
    /// What applications have committed, in that order.
    var sqlLane: [RelayedMessage] = []
    /// In the order in which they were stored.
    var delayedSends: [DelayedSend] = []
    var ticks: [Tick] = []
    var brokerEpoch: Int64 = 1
    /// Topics on record, with what reads them.
    let topics: [String: [String]]
    /// Commits that have taken effect.
    var commits = 0
    private var nextLane: Int64 = 1
    let sqlLaneID: Int64

    init(world: World, model: Model, topics: [String: [String]], isVolatile: Bool, mutant: Mutant?) {
        self.world = world
        self.model = model
        self.topics = topics
        self.isVolatile = isVolatile
        self.mutant = mutant
        sqlLaneID = 1
        lanes[1] = Lane(id: 1, kind: .sql)
        nextLane = 2
    }

    var now: Timestamp { Timestamp(microseconds: world.now) }

    func newLane(_ kind: Lane.Kind) -> Int64 {
        defer { nextLane += 1 }
        lanes[nextLane] = Lane(id: nextLane, kind: kind)
        return nextLane
    }

    /// Whoever owned it can't commit any more.
    func raiseEpoch(of place: PartitionID) {
        positions[place]?.epoch += 1
        model.claimed(place, epoch: positions[place]?.epoch ?? 0)
    }

    // MARK: The outbox

    func insert(_ rows: [OutboxRow], lane: Int64) {
        outbox[lane, default: []] += rows
        outbox[lane]?.sort { $0.sequence < $1.sequence }
    }

    func unpublished(lane: Int64, above sequence: Int64, limit: Int) -> [OutboxRow] {
        if mutant == .leftoversForgotten, lanes[lane]?.kind == .worker { return [] }
        return Array((outbox[lane] ?? []).lazy.filter { $0.sequence > sequence }.prefix(limit))
    }

    /// What the janitor does, without its patience: every row that isn't needed goes.
    func sweep() {
        for (id, rows) in outbox {
            guard let lane = lanes[id] else { continue }
            outbox[id] = rows.filter { row in
                if mutant == .outboxEarly { return false }
                if row.sequence > lane.acknowledged { return true }
                return isVolatile && !isBelowWatermark(row, lane: id)
            }
        }
    }

    private func isBelowWatermark(_ row: OutboxRow, lane: Int64) -> Bool {
        (topics[row.topic] ?? []).allSatisfy { group in
            let place = PartitionID(group: group, topic: row.topic, partition: row.partition)
            return (watermarks[place]?[lane]?.sequence ?? 0) >= row.sequence
        }
    }

    /// `mesh.is_consumed`.
    func isConsumed(_ row: OutboxRow, lane: Int64) -> Bool {
        (topics[row.topic] ?? []).allSatisfy { group in
            let place = PartitionID(group: group, topic: row.topic, partition: row.partition)
            return (watermarks[place]?[lane]?.sequence ?? 0) >= row.sequence
                || (positions[place]?.stamps.contains { $0.lane == lane && $0.sequence == row.sequence } ?? false)
        }
    }

    /// `mesh.broker_reset`.
    func brokerReset(lost: [String], observed: Int64) -> Bool {
        guard brokerEpoch == observed else { return false }
        brokerEpoch += 1
        let gone = Set(lost)
        for id in lanes.keys {
            guard var lane = lanes[id] else { continue }
            let pending = (outbox[id] ?? []).first { row in
                row.sequence > lane.acknowledged
                    || ((gone.contains(row.topic) || (isVolatile && mutant != .refillOfLostOnly))
                        && !isConsumed(row, lane: id))
            }
            if isVolatile, mutant != .resetKeepsEpochs { lane.epoch += 1 }
            lane.leaseEpoch += 1
            lane.owner = nil
            if let pending { lane.acknowledged = min(lane.acknowledged, pending.sequence - 1) }
            lanes[id] = lane
        }
        for place in positions.keys {
            raiseEpoch(of: place)
            if gone.contains(place.topic) {
                positions[place]?.nextOffset = 0
                positions[place]?.completed = []
            }
        }
        world.note("reset after the loss of \(lost.joined(separator: " "))")
        return true
    }
}
