/// Holds back what comes soon after the last request for its partition, so that it shares the next one.
///
/// The first after a pause goes at once; while more keeps coming, each partition has one request per `gap`.
struct RequestSpacing<Item> {
    private struct Place {
        var handedAt: ContinuousClock.Instant
        var waiting: [Item] = []
    }

    /// Zero: nothing is held back.
    let gap: Duration
    private var places: [TopicPartition: Place] = [:]
    /// How many are looked through for some to let go of.
    private var manyPlaces = 1000
    /// How many wait.
    private(set) var count = 0
    /// When the first of them is due.
    private(set) var due: ContinuousClock.Instant?

    init(gap: Duration) { self.gap = gap }

    var isOn: Bool { gap > .zero }

    /// Of how many partitions it is known when their last request went.
    var partitionCount: Int { places.count }

    /// Whether what comes now has to wait; else it goes now, together with what else comes at the very same time.
    mutating func mustWait(_ partition: TopicPartition, now: ContinuousClock.Instant) -> Bool {
        guard let place = places[partition] else {
            forgetIfMany(now)
            places[partition] = Place(handedAt: now)
            return false
        }
        if !place.waiting.isEmpty { return true }
        if place.handedAt == now { return false }
        if now - place.handedAt < gap { return true }
        places[partition] = Place(handedAt: now)
        return false
    }

    /// Lets go of partitions that have had their pause, once there are many: topics come and go, and some are made up.
    private mutating func forgetIfMany(_ now: ContinuousClock.Instant) {
        guard places.count >= manyPlaces else { return }
        places = places.filter { !$0.value.waiting.isEmpty || now - $0.value.handedAt < gap }
        manyPlaces = max(1000, places.count * 2)
    }

    /// Keeps an item for which `mustWait` was true.
    mutating func hold(_ item: Item, for partition: TopicPartition) {
        guard let index = places.index(forKey: partition) else { return }
        places.values[index].waiting.append(item)
        count += 1
        let due = places.values[index].handedAt + gap
        self.due = min(self.due ?? due, due)
    }

    /// Takes out what is due, or everything, by partition and in order.
    mutating func take(now: ContinuousClock.Instant, everything: Bool = false)
        -> [(partition: TopicPartition, items: [Item])]
    {
        guard let due, everything || due <= now else { return [] }
        var taken: [(partition: TopicPartition, items: [Item])] = []
        var next: ContinuousClock.Instant?
        for (partition, place) in places where !place.waiting.isEmpty {
            if everything || place.handedAt + gap <= now {
                taken.append((partition, place.waiting))
                count -= place.waiting.count
                places[partition] = Place(handedAt: now)
            } else {
                next = min(next ?? place.handedAt + gap, place.handedAt + gap)
            }
        }
        self.due = next
        return taken
    }

    /// Puts back what was taken and found no room, ahead of everything of its partition.
    mutating func putBack(_ items: some Collection<Item>, for partition: TopicPartition) {
        guard let index = places.index(forKey: partition) else { return }
        places.values[index].waiting.insert(contentsOf: items, at: 0)
        count += items.count
        let due = places.values[index].handedAt + gap
        self.due = min(self.due ?? due, due)
    }
}
