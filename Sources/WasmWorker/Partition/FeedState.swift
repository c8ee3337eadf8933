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
        /// Claimed, and waits until it can be gone back to this offset.
        case waiting(offset: Int64)
        /// The seek to its offset is under way.
        case seeking
        case receiving
    }

    enum Action: Sendable, Equatable {
        case none
        /// Begin to read, or go back, to this offset.
        case read(from: Int64)
    }

    private(set) var receptions: [String: Reception]
    private(set) var pausing: Set<String> = []
    /// One above the last record handed over, or where reading began; nil before that.
    private(set) var position: Int64?
    /// The position when the seek under way was asked for: a lower offset shows that it has taken effect. There is one at a time,
    /// or the effect of an earlier one could be taken for that of a later one.
    private var seekBound: Int64?
    /// Names the seek under way, for `seekSettled`.
    private(set) var seekCount = 0

    init(services: [String]) {
        receptions = Dictionary(uniqueKeysWithValues: services.map { ($0, .claiming) })
    }

    /// Adds a service, or starts one again that has to be claimed anew.
    mutating func claiming(_ service: String) {
        receptions[service] = .claiming
        pausing.remove(service)
    }

    mutating func remove(_ service: String) {
        receptions[service] = nil
        pausing.remove(service)
    }

    /// A service is claimed and wants the records from `offset` on.
    mutating func ready(_ service: String, at offset: Int64) -> Action {
        guard receptions[service] == .claiming else { return .none }
        receptions[service] = .waiting(offset: offset)
        return position == nil ? begin() : goBack()
    }

    /// Reading begins once all are claimed, so that it needn't go back at once.
    private mutating func begin() -> Action {
        guard !receptions.values.contains(.claiming), let lowest = waiting.values.min() else { return .none }
        position = lowest
        for name in receptions.keys { receptions[name] = .receiving }
        return .read(from: lowest)
    }

    /// Asks for the next seek, if one is needed and none is under way.
    private mutating func goBack() -> Action {
        guard seekBound == nil, let position else { return .none }
        for (service, offset) in waiting where offset >= position { receptions[service] = .receiving }
        guard let lowest = waiting.values.min() else { return .none }
        for service in waiting.keys { receptions[service] = .seeking }
        seekBound = position
        seekCount += 1
        return .read(from: lowest)
    }

    private var waiting: [String: Int64] {
        receptions.compactMapValues { if case .waiting(let offset) = $0 { offset } else { nil } }
    }

    /// For records as they come: from which index on each service takes them, and what to do next.
    mutating func deliver(offsets: [Int64]) -> (starts: [String: Int], action: Action) {
        guard let last = offsets.last else { return ([:], .none) }
        var starts: [String: Int] = [:]
        for service in receptions.keys where receptions[service] == .receiving { starts[service] = 0 }
        position = last + 1
        guard let seekBound, let index = offsets.firstIndex(where: { $0 < seekBound }) else { return (starts, .none) }
        return (starts.merging(endSeek(at: index)) { old, _ in old }, goBack())
    }

    private mutating func endSeek(at index: Int) -> [String: Int] {
        seekBound = nil
        var starts: [String: Int] = [:]
        for service in receptions.keys where receptions[service] == .seeking {
            receptions[service] = .receiving
            starts[service] = index
        }
        return starts
    }

    /// The seek has surely taken effect by now: where nothing came, there is nothing between.
    mutating func seekSettled(_ seek: Int) -> Action {
        guard seekBound != nil, seek == seekCount else { return .none }
        _ = endSeek(at: 0)
        return goBack()
    }

    /// Notes that a service can take no more, or can again; true when fetching must change.
    mutating func setPausing(_ service: String, _ isPausing: Bool) -> Bool {
        let before = pausing.isEmpty
        if isPausing { pausing.insert(service) } else { pausing.remove(service) }
        return before != pausing.isEmpty
    }
}
