import Kafka

/// Which services take the records of one partition, and which of them are ready for them.
///
/// A pure value. The difficulty it solves: one fetch position serves several services, and one of them may have to go back
/// (it was claimed anew) while the others go on. Until the consumer says that it reads from there, records from the old
/// position still come, and the one that went back must not see them, or it would take the gap for records that are gone.
struct FeedState: Sendable {
    enum Reception: Sendable, Equatable {
        /// Not claimed yet.
        case claiming
        /// Lost its claim and tries to get it again; nobody waits for it.
        case reclaiming
        /// Claimed, and waits until it can be gone back to this offset.
        case waiting(offset: Int64)
        /// Reading from its offset, or before it, was asked for.
        case seeking
        case receiving
    }

    enum Action: Sendable, Equatable {
        case none
        /// Begin to read, or go back, to this offset.
        case read(from: Int64, ticket: UInt64)
    }

    private(set) var receptions: [String: Reception]
    private(set) var pausing: Set<String> = []
    /// One above the last record handed over, or where reading began; nil while nothing is read.
    private(set) var position: Int64?
    /// Where reading was asked to begin and hasn't yet. One at a time.
    private var sought: (offset: Int64, ticket: UInt64)?
    private var lastTicket: UInt64

    /// Tickets are counted from a number of its own, so that what another state of the same partition asked for is told apart.
    init(services: [String], ticketsAfter ticket: UInt64 = 0) {
        lastTicket = ticket
        receptions = Dictionary(uniqueKeysWithValues: services.map { ($0, .claiming) })
    }

    /// Adds a service.
    mutating func claiming(_ service: String) { receptions[service] = .claiming }

    /// A service has to be claimed anew; the others go on, or begin, without it. Whether it was full is told by `setPausing`.
    mutating func reclaiming(_ service: String) -> Action {
        receptions[service] = .reclaiming
        return next()
    }

    /// Takes a service away. Whether it was full is told by `setPausing`.
    mutating func remove(_ service: String) -> Action {
        receptions[service] = nil
        return next()
    }

    /// A service is claimed and wants the records from `offset` on.
    mutating func ready(_ service: String, at offset: Int64) -> Action {
        guard receptions[service] == .claiming || receptions[service] == .reclaiming else { return .none }
        receptions[service] = .waiting(offset: offset)
        return next()
    }

    /// Reading stands still: whoever is claimed next begins it anew.
    mutating func halted() {
        position = nil
        sought = nil
    }

    /// What was asked for under this ticket has begun: the next records are those from its offset on.
    mutating func started(ticket: UInt64) -> Action {
        // Others are of a reading that nobody waits for any more.
        guard let sought, sought.ticket == ticket else { return .none }
        self.sought = nil
        position = sought.offset
        for (service, reception) in receptions where reception == .seeking { receptions[service] = .receiving }
        return next()
    }

    /// Asks for the next reading, if one is needed and none is awaited.
    private mutating func next() -> Action {
        guard sought == nil else { return .none }
        if let position {
            for (service, offset) in waiting where offset >= position { receptions[service] = .receiving }
        } else if receptions.values.contains(.claiming) {
            // Once all are claimed, so that it needn't go back at once.
            return .none
        }
        let waiting = waiting
        guard let lowest = waiting.values.min() else { return .none }
        for service in waiting.keys { receptions[service] = .seeking }
        lastTicket += 1
        sought = (lowest, lastTicket)
        return .read(from: lowest, ticket: lastTicket)
    }

    private var waiting: [String: Int64] {
        receptions.compactMapValues { if case .waiting(let offset) = $0 { offset } else { nil } }
    }

    /// Who takes records that end at `last`.
    mutating func deliver(upTo last: Int64) -> [String] {
        if position != nil { position = last + 1 }
        return receptions.filter { $0.value == .receiving }.map(\.key)
    }

    /// Notes that a service can take no more, or can again; true when fetching must change.
    mutating func setPausing(_ service: String, _ isPausing: Bool) -> Bool {
        let before = pausing.isEmpty
        if isPausing { pausing.insert(service) } else { pausing.remove(service) }
        return before != pausing.isEmpty
    }
}
