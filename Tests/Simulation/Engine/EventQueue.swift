/// Events by time, and by the order in which they were pushed where the time is the same: a binary heap.
struct EventQueue {
    private var events: [World.Event] = []

    private static func isBefore(_ left: World.Event, _ right: World.Event) -> Bool {
        left.time == right.time ? left.order < right.order : left.time < right.time
    }

    mutating func push(_ event: World.Event) {
        events.append(event)
        var child = events.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Self.isBefore(events[child], events[parent]) else { return }
            events.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> World.Event? {
        guard let first = events.first else { return nil }
        let last = events.removeLast()
        guard !events.isEmpty else { return first }
        events[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < events.count && Self.isBefore(events[child], events[least]) { least = child }
            guard least != parent else { return first }
            events.swapAt(parent, least)
            parent = least
        }
    }
}
