#if !arch(wasm32)
    /// What is to happen in a test, by time, and in the order of insertion at one time: a binary heap.
    struct EventQueue {
        struct Event {
            let time: Int64
            let number: Int
            let run: () -> Void

            static func < (left: Event, right: Event) -> Bool {
                (left.time, left.number) < (right.time, right.number)
            }
        }

        private var heap: [Event] = []
        private var count = 0

        var nextTime: Int64? { heap.first?.time }

        mutating func add(at time: Int64, _ run: @escaping () -> Void) {
            count += 1
            heap.append(Event(time: time, number: count, run: run))
            var child = heap.count - 1
            while child > 0, heap[child] < heap[(child - 1) / 2] {
                heap.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        }

        mutating func take() -> Event? {
            guard let first = heap.first else { return nil }
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
                    least = child
                }
                if least == parent { return first }
                heap.swapAt(parent, least)
                parent = least
            }
        }
    }
#endif
