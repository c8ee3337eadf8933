#if !arch(wasm32)
    /// The bounds of workflows in the mesh, which hold in a test too (docs/design/workflows.md, Limits).
    enum WorkflowLimits {
        /// Entries of one run; with more the workflow fails.
        static let entries = 50_000
        /// From here on calls aren't tried again: the rest is for what the code does about failures.
        static let triedEntries = entries / 10 * 9
        static let openOperations = 20_000
        /// Groups of operations that a run makes.
        static let groups = 20_000
        /// Signals that no `receive` has taken.
        static let earlySignals = 1_000
        /// Callers that wait for the end of a workflow which another one began; as many senders wait for answers to their signals.
        static let callers = 1_000
        /// Microseconds; longer waits than a century aren't taken.
        static let wait: Int64 = 3_155_760_000_000_000
        /// The most of each option that is a number.
        static let options: [(name: String, limit: Int64)] = [
            ("retries", 1_000_000), ("delay", wait), ("maximumDelay", wait), ("deadline", wait),
        ]
        /// Runs that a workflow begins while no time passes. The mesh has no such bound, where time does pass; a test would never end.
        static let runsAtOnce = 1_000

        /// What is said of an option that is larger.
        static func excess(of option: String) -> String {
            switch option {
            case "retries": "`retries` is at most 1000000"
            case "deadline": "the timeout of a call is at most 100 years; leave it out to wait without an end"
            default: "`\(option)` is at most 100 years"
            }
        }

        /// What is wrong with the microseconds after which a call is to be delivered; nil where nothing is.
        static func problem(ofDelay microseconds: Int64) -> String? {
            guard microseconds > wait else { return nil }
            return
                "a call is delivered within 100 years, and this one after \(microseconds / 86_400_000_000) days"
        }

        /// What is wrong with a timer's data; nil where nothing is.
        static func problem(ofTimer data: String) -> String? {
            guard let microseconds = Int64(data), microseconds >= 0 else {
                return "a timer's data are microseconds, a whole number, 0 or more"
            }
            guard microseconds > wait else { return nil }
            return
                "a timer is due within 100 years, and this one after \(microseconds / 86_400_000_000) days; to wait without an end, receive a signal"
        }
    }
#endif
