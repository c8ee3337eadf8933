import MeshCore
import Outbox
import Synchronization

@testable import MeshRouter

/// A store in memory with one lane, whose failures a test decides.
final class FakeStore: IngressStore {
    struct State {
        /// The ids of what is to be sent later.
        var delayed: [String] = []
        var rows: [OutboxRow] = []
        var leaseEpoch: Int64 = 0
        var nextSequence: Int64 = 1
        var acknowledged: Int64 = 0
        var transactions: [[String]] = []
        /// Taken one per `accept`; nil lets it through.
        var failures: [StoreError?] = []
        /// False where what is accepted isn't kept.
        var keepsRows = true
        /// Of the failures, those that come after the commit.
        var commitsAnyway = false
        var released = 0
        var isDown = false
        /// What was made a dead letter, with what counted as safe in Kafka by then.
        var buried: [(refusal: LaneRefusal, acknowledged: Int64)] = []
        /// So many of the next burials find the connection gone.
        var burialsLost = 0
        /// Lanes that nobody owns, with what they were left with.
        var abandoned: [LeftLane] = []
        /// Somebody else leases the lane before it is given up, and uses so many of its sequences.
        var takenMeanwhile: Int64 = 0
    }

    struct LeftLane {
        var id: Int64
        var rows: [OutboxRow]
        var isLeased = false
        var acknowledged: Int64 = 0
        var lastSequence: Int64 { rows.last?.sequence ?? 0 }
    }

    let state = Mutex(State())
    /// Closed, transactions wait.
    let gate = Gate()

    func claimLane(owner: String, lease: Duration) async throws(StoreError) -> RouterLane {
        let claimed: RouterLane? = state.withLock { state in
            if state.isDown { return nil }
            state.leaseEpoch += 1
            return RouterLane(
                lane: LaneClaim(
                    id: 7, epoch: 1, nextSequence: state.nextSequence, acknowledgedSequence: state.acknowledged),
                leaseEpoch: state.leaseEpoch, owner: owner)
        }
        guard let claimed else { throw .connectionLost(message: "no route to Postgres", outcomeUnknown: false) }
        return claimed
    }

    /// The first that has something left, as Postgres gives them out.
    func claimAbandonedLane(owner: String, lease: Duration) async throws(StoreError) -> RouterLane? {
        state.withLock { state in
            let index = state.abandoned.firstIndex { !$0.isLeased && $0.acknowledged < $0.lastSequence }
            guard let index else { return nil }
            state.abandoned[index].isLeased = true
            let lane = state.abandoned[index]
            return RouterLane(
                lane: LaneClaim(
                    id: lane.id, epoch: 1, nextSequence: lane.lastSequence + 1, acknowledgedSequence: lane.acknowledged),
                leaseEpoch: 1, owner: owner)
        }
    }

    func renewLane(_ lane: RouterLane, acknowledged: Int64, lease: Duration) async throws(StoreError) {}

    func releaseLane(_ lane: RouterLane, acknowledged: Int64) async throws(StoreError) {
        state.withLock { state in
            if let index = state.abandoned.firstIndex(where: { $0.id == lane.lane.id }) {
                state.abandoned[index].isLeased = false
                state.abandoned[index].acknowledged = acknowledged
                return
            }
            state.released += 1
            state.acknowledged = max(state.acknowledged, acknowledged)
        }
    }

    func abandonLane(_ lane: RouterLane) async throws(StoreError) -> AbandonedLane {
        let next: AbandonedLane? = state.withLock { state in
            if state.isDown { return nil }
            state.leaseEpoch += 1
            state.nextSequence += state.takenMeanwhile
            return AbandonedLane(nextSequence: state.nextSequence, wasOurs: state.takenMeanwhile == 0)
        }
        guard let next else { throw .connectionLost(message: "no route to Postgres", outcomeUnknown: false) }
        return next
    }

    func bury(_ refusals: [LaneRefusal], lane: RouterLane) async throws(StoreError) {
        let isLost = state.withLock { state in
            if state.burialsLost > 0 {
                state.burialsLost -= 1
                return true
            }
            state.buried += refusals.map { ($0, state.acknowledged) }
            return false
        }
        if isLost { throw .connectionLost(message: "gone", outcomeUnknown: true) }
    }

    func accept(_ messages: [IngressMessage], lane: inout RouterLane, acknowledged: Int64)
        async throws(StoreError) -> [IngressOutcome]
    {
        await gate.pass()
        let claimed = lane
        let result: Result<[IngressOutcome], StoreError> = state.withLock { state in
            guard claimed.leaseEpoch == state.leaseEpoch else {
                return .failure(.fenced("the lane is somebody else's"))
            }
            let failure = state.failures.isEmpty ? nil : state.failures.removeFirst()
            if let failure, !state.commitsAnyway { return .failure(failure) }
            if messages.contains(where: { $0.message.data == Array("poison".utf8) }) {
                return .failure(.dataRefused(message: "invalid", sqlstate: "22021"))
            }
            state.transactions.append(messages.map(\.message.id))
            var outcomes: [IngressOutcome] = []
            for (index, message) in messages.enumerated() {
                if message.message.extensions.due != nil {
                    state.delayed.append(message.message.id)
                    outcomes.append(.delayed)
                    continue
                }
                let row = OutboxRow(
                    sequence: claimed.lane.nextSequence + Int64(index), topic: message.topic,
                    partition: message.partition,
                    message: message.message)
                if state.keepsRows { state.rows.append(row) }
                outcomes.append(.accepted(row))
            }
            state.nextSequence = claimed.lane.nextSequence + Int64(messages.count)
            state.acknowledged = max(state.acknowledged, acknowledged)
            if let failure { return .failure(failure) }
            return .success(outcomes)
        }
        let outcomes = try result.get()
        lane.lane.nextSequence += Int64(messages.count)
        return outcomes
    }

    func unpublished(lane: Int64, above sequence: Int64, limit: Int) async throws(StoreError) -> [OutboxRow] {
        state.withLock { state in
            let rows = state.abandoned.first { $0.id == lane }?.rows ?? state.rows
            return Array(rows.filter { $0.sequence > sequence }.prefix(limit))
        }
    }

    func leaseReplies(owner: String, partitions count: Int32, lease: Duration) async throws(StoreError) -> ReplyLease? {
        nil
    }
    func renewReplies(_ lease: ReplyLease, for duration: Duration) async throws(StoreError) {}
    func releaseReplies(_ lease: ReplyLease) async throws(StoreError) {}
    func results(of ids: [String]) async throws(StoreError) -> [String: CallState] { [:] }
}

/// A door that a test opens and closes.
final class Gate: Sendable {
    private struct State {
        var isOpen = true
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var waiting: Int { state.withLock { $0.waiters.count } }

    func close() { state.withLock { $0.isOpen = false } }

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

/// Kafka in memory: rows in the order they were published; acknowledged at once unless a test holds them back.
final class FakeOutlet: LaneOutlet {
    struct Publication: LanePublication {
        let gate: Gate
        let failure: (any Error)?
        let refusals: [LaneRefusal]

        func acknowledged() async throws {
            await gate.pass()
            if let failure { throw failure }
        }
    }

    struct Broken: Error {}

    private let published: Mutex<[OutboxRow]> = Mutex([])
    private let failures: Mutex<Int> = Mutex(0)
    private let refuses: Mutex<@Sendable (OutboxRow) -> LaneRefusal?> = Mutex({ _ in nil })
    let gate = Gate()
    private let keepsRows: Bool

    /// With `keepsRows` false it only counts as having published them.
    init(keepsRows: Bool = true) { self.keepsRows = keepsRows }

    var rows: [OutboxRow] { published.withLock { $0 } }
    /// So many of the next publications can't be acknowledged.
    func fail(_ count: Int) { failures.withLock { $0 = count } }
    /// Rows that it doesn't take from now on.
    func refuse(_ rows: @escaping @Sendable (OutboxRow) -> LaneRefusal?) { refuses.withLock { $0 = rows } }

    func publish(_ rows: [OutboxRow], lane: Int64, epoch: Int64) async throws -> any LanePublication {
        if keepsRows { published.withLock { $0 += rows } }
        let isBroken = failures.withLock { count in
            defer { count = max(0, count - 1) }
            return count > 0
        }
        let refusals = rows.compactMap(refuses.withLock { $0 })
        return Publication(gate: gate, failure: isBroken ? Broken() : nil, refusals: refusals)
    }

    func close(flushing limit: Duration) async { gate.open() }
}
