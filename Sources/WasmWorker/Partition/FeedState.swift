import Kafka

/// Which services take the records of one partition, and which of them are ready for them.
///
/// A pure value. The difficulty it solves: one fetch position serves several services, and one of them may have to go back
/// (it was claimed anew) while the others go on. Kafka's seek takes effect some time later; until then records from the old
/// position still come, and the one that went back must not see them, or it would take the gap for records that are gone.
struct FeedState: Sendable {
    enum Reception: Sendable, Equatable {
        /// Not claimed yet.
        case claiming
        /// Claimed; a seek below `position` is under way.
        case awaitingSeek(below: Int64)
        case receiving
    }

    enum Action: Sendable, Equatable {
        case none
        /// Begin to read, or go back, to this offset.
        case read(from: Int64)
    }

    private(set) var receptions: [String: Reception]
    private var readyOffsets: [String: Int64] = [:]
    private(set) var pausing: Set<String> = []
    /// One above the last record handed over, or where reading began; nil before that.
    private(set) var position: Int64?

    init(services: [String]) {
        receptions = Dictionary(uniqueKeysWithValues: services.map { ($0, .claiming) })
    }

    /// Adds a service, or starts one again that has to be claimed anew.
    mutating func claiming(_ service: String) {
        receptions[service] = .claiming
        readyOffsets[service] = nil
        pausing.remove(service)
    }

    mutating func remove(_ service: String) {
        receptions[service] = nil
        readyOffsets[service] = nil
        pausing.remove(service)
    }

    /// A service is claimed and wants the records from `offset` on.
    mutating func ready(_ service: String, at offset: Int64) -> Action {
        guard receptions[service] == .claiming else { return .none }
        guard let position else {
            readyOffsets[service] = offset
            // Reading begins once all are claimed, so that it needn't go back at once.
            guard readyOffsets.count == receptions.count, let lowest = readyOffsets.values.min() else { return .none }
            self.position = lowest
            for name in receptions.keys { receptions[name] = .receiving }
            return .read(from: lowest)
        }
        guard offset < position else {
            receptions[service] = .receiving
            return .none
        }
        receptions[service] = .awaitingSeek(below: position)
        return .read(from: offset)
    }

    /// For records as they come: from which index on each service takes them.
    mutating func deliver(offsets: [Int64]) -> [String: Int] {
        guard let last = offsets.last else { return [:] }
        var starts: [String: Int] = [:]
        for (service, reception) in receptions {
            switch reception {
            case .claiming: break
            case .receiving: starts[service] = 0
            case .awaitingSeek(let bound):
                guard let index = offsets.firstIndex(where: { $0 < bound }) else { continue }
                starts[service] = index
                receptions[service] = .receiving
            }
        }
        position = last + 1
        return starts
    }

    /// The seek has surely taken effect by now: where nothing came, there is nothing between.
    mutating func seekSettled(_ service: String) {
        if case .awaitingSeek = receptions[service] { receptions[service] = .receiving }
    }

    /// Notes that a service can take no more, or can again; true when fetching must change.
    mutating func setPausing(_ service: String, _ isPausing: Bool) -> Bool {
        let before = pausing.isEmpty
        if isPausing { pausing.insert(service) } else { pausing.remove(service) }
        return before != pausing.isEmpty
    }
}
