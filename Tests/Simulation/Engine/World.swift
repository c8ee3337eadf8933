import CSimulation
import TestSupport

/// Time and everything that happens in it: one queue of events, run by one thread in the order of a simulated clock.
///
/// Unchecked: there is one thread. What the product's tasks do runs from this queue as well (`simulation_begin`).
final class World: @unchecked Sendable {
    enum Action {
        /// A job of the concurrency runtime.
        case job(UnsafeMutableRawPointer)
        case call(() -> Void)
    }

    struct Event {
        var time: Int64
        var order: UInt64
        /// Whose it is: nothing of a process happens once it has died, and later while it is paused.
        var process: SimProcess?
        var action: Action
    }

    /// The world that runs now; jobs of the runtime come to it.
    nonisolated(unsafe) static var current: World?

    /// Microseconds since 1970.
    private(set) var now: Int64 = World.epoch
    /// Shortly before a full minute, when schedules fire.
    static let epoch: Int64 = 1_800_000_000_000_000 - 1_500_000
    var random: Seed
    private(set) var eventCount = 0
    private var queue = EventQueue()
    private var nextOrder: UInt64 = 0
    /// Who runs at this moment.
    private(set) var running: SimProcess?
    /// So many events are a run that goes round in circles.
    var isExhausted: Bool { eventCount >= 2_000_000 }
    /// Whose task it is, by the task's id.
    private var owners: [UInt64: SimProcess] = [:]
    var trace: Trace

    init(seed: UInt64, trace: Trace) {
        random = Seed(value: seed ^ 0x5eed)
        self.trace = trace
        World.current = self
        simulation_set_time(now)
        simulation_set_random(seed)
    }

    /// Milliseconds since the beginning, for people.
    var elapsed: String {
        let since = now - World.epoch
        let fraction = String(since % 1000)
        return "\(since / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }

    func note(_ text: @autoclosure () -> String) { trace.add(at: elapsed, running?.name, text) }

    /// Two runs with the same one did the same at the same times.
    private(set) var fingerprint: UInt64 = 0xcbf2_9ce4_8422_2325

    // MARK: Events

    /// Lets something happen after so many microseconds, unless `process` has died by then.
    func after(_ delay: Int64, _ process: SimProcess? = nil, _ body: @escaping () -> Void) {
        push(time: now + max(0, delay), process, .call(body))
    }

    func at(_ time: Int64, _ process: SimProcess? = nil, _ body: @escaping () -> Void) {
        push(time: max(now, time), process, .call(body))
    }

    func push(time: Int64, _ process: SimProcess?, _ action: Action) {
        nextOrder += 1
        queue.push(Event(time: time, order: nextOrder, process: process, action: action))
    }

    /// A job of the runtime: its task goes on after a moment, so that tasks meet in ever other orders.
    func enqueue(_ job: UnsafeMutableRawPointer, task: UInt64, due: Int64) {
        let owner: SimProcess?
        if let known = owners[task] {
            owner = known
        } else {
            // A task of a run that is over may still be woken while that is freed.
            guard let running else { return }
            owner = running
            owners[task] = running
        }
        let moment = Int64.random(in: 0...30, using: &random)
        push(time: max(now, due) + moment, owner, .job(job))
    }

    /// Runs until nothing is left, `isOver` says so, or the bounds are reached.
    func run(until end: Int64, isOver: () -> Bool) {
        while !isOver(), !isExhausted, let event = queue.pop() {
            guard event.time <= end else {
                queue.push(event)
                now = end
                return
            }
            if let process = event.process {
                if process.isDead { continue }
                if process.isPaused {
                    process.held.append(event)
                    continue
                }
            }
            now = max(now, event.time)
            simulation_set_time(now)
            eventCount += 1
            fingerprint = (fingerprint ^ UInt64(bitPattern: event.time) ^ event.order << 32) &* 0x100_0000_01b3
            running = event.process
            switch event.action {
            case .job(let job): simulation_run(job)
            case .call(let body): body()
            }
            running = nil
        }
    }

    /// Runs `body` as if `process` did: tasks that it makes are that process's.
    func asProcess(_ process: SimProcess, _ body: () -> Void) {
        let before = running
        running = process
        body()
        running = before
    }

    /// Brings back what a paused process could not do meanwhile, in its order.
    func release(_ process: SimProcess) {
        for event in process.held {
            queue.push(Event(time: max(now, event.time), order: event.order, process: process, action: event.action))
        }
        process.held = []
    }

    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    func duration(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &random) }
}

extension World {
    /// Takes the runtime's jobs, the clock and random numbers over, for the rest of this process's life.
    static func takeOver() {
        simulation_begin { job, task, due in
            guard let job else { return }
            World.current?.enqueue(job, task: task, due: due)
        }
    }
}
