/// Everything that one run does and suffers, as data: made from a seed, and made smaller where it fails.
struct Plan {
    let seed: UInt64
    var partitions: Int32
    var workers: Int
    /// The broker keeps its data in memory and may lose it.
    var isVolatile: Bool
    var submissions: [Submission]
    var faults: [Fault]
    /// What each message is to do, by the id in its data.
    var jobs: [String: JobSpec]

    /// A message from outside.
    struct Submission {
        enum Way: Equatable {
            /// A call to a router, which answers when it has the call, or (`awaits`) the call's answer; with a key it is repeated until
            /// the router answers.
            case router(repeats: Bool, awaits: Bool)
            /// A transaction of an application that calls `mesh.emit` or `mesh.send`, open for so long.
            case sql(openFor: Int64)
            /// A record that somebody else writes to the topic, so many times.
            case outside(times: Int)
        }

        var number: Int
        /// Microseconds after the beginning.
        var at: Int64
        var way: Way
        var job: String
    }

    /// When the last of what is planned begins.
    var lastPlanned: Int64 {
        let times = faults.map { fault in if case .time(let time) = fault.trigger { time } else { Int64(0) } }
        return max(submissions.map(\.at).max() ?? 0, times.max() ?? 0)
    }
}

/// What a message does when it is handled.
struct JobSpec {
    enum Service: String, CaseIterable {
        case left = "sim.Left"
        case right = "sim.Right"

        var other: Service { self == .left ? .right : .left }
        /// The event that it emits.
        var event: String { self == .left ? "sim.leftTold" : "sim.rightTold" }
        /// Who handles its event.
        var listeners: [Service] { self == .left ? [.left, .right] : [.left] }
    }

    enum Kind {
        /// A call of `work`.
        case work(Service)
        /// The event of a service.
        case told(by: Service)
        /// A workflow.
        case flow(Service, [Step])
    }

    enum Step {
        case local(String)
        case call(String)
        /// Several calls at once.
        case fan([String])
        case sleep(milliseconds: Int)
        case emit(String)
        case send(String)
        case receive
        /// A call that is given up when a timer comes first.
        case race(String, milliseconds: Int)
    }

    /// How the handler behaves.
    enum Fate: Equatable {
        case works
        /// Fails so often, retryably, then works.
        case retries(Int)
        case refuses
        case traps
        /// Postgres refuses its state.
        case poison

        /// Whether it works in the end; three retries are the rule where a method declares none.
        var worksInTheEnd: Bool {
            switch self {
            case .works: true
            case .retries(let times): times <= 3
            case .refuses, .traps, .poison: false
            }
        }
    }

    var id: String
    var key: String
    var kind: Kind
    var fate = Fate.works
    /// What it sends and emits, in order.
    var children: [String] = []
    /// Who waits for it and gets its error as an answer, if anybody does.
    var caller: Caller?

    enum Caller { case workflow, client }
}
