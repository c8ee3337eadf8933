/// The Thompson automaton of a regular expression: states with empty transitions, made to be turned into a `Pattern`.
struct PatternAutomaton {
    enum State {
        case set(ScalarSet, next: Int)
        case split(Int, Int)
        case start(next: Int)
        case end(next: Int)
        case accept
        /// Filled in later.
        case open
    }

    private static let maximumStates = 4000

    private(set) var states: [State] = []
    private(set) var first = 0

    init(_ syntax: PatternSyntax) throws(PatternError) {
        let accept = try add(.accept)
        first = try build(syntax, next: accept)
    }

    private mutating func add(_ state: State) throws(PatternError) -> Int {
        guard states.count < PatternAutomaton.maximumStates else { throw Pattern.tooLarge }
        states.append(state)
        return states.count - 1
    }

    /// Adds states for `syntax` that go on to `next`; returns where they begin.
    private mutating func build(_ syntax: PatternSyntax, next: Int) throws(PatternError) -> Int {
        switch syntax {
        case .empty: return next
        case .set(let set): return try add(.set(set, next: next))
        case .start: return try add(.start(next: next))
        case .end: return try add(.end(next: next))
        case .sequence(let parts):
            var entry = next
            for part in parts.reversed() { entry = try build(part, next: entry) }
            return entry
        case .alternatives(let parts):
            var entry = try build(parts[parts.count - 1], next: next)
            for part in parts.dropLast().reversed() { entry = try add(.split(try build(part, next: next), entry)) }
            return entry
        case .repetition(let part, let minimum, let maximum):
            var entry = next
            if let maximum {
                for _ in minimum..<maximum { entry = try add(.split(try build(part, next: entry), next)) }
            } else {
                entry = try add(.open)
                states[entry] = .split(try build(part, next: entry), next)
            }
            for _ in 0..<minimum { entry = try build(part, next: entry) }
            return entry
        }
    }
}

/// Follows the empty transitions of an automaton. Its memory serves all walks, since making a `Pattern` takes thousands of them.
struct EmptyWalk {
    private let states: [PatternAutomaton.State]
    /// The number of the last walk that came by each state.
    private var visits: [Int]
    private var walk = 0
    private var pending: [Int] = []
    /// How many states the last walk came by.
    private(set) var length = 0

    init(_ automaton: PatternAutomaton) {
        states = automaton.states
        visits = [Int](repeating: 0, count: automaton.states.count)
    }

    /// All states reachable without a character at which more than empty transitions begin, sorted; `^` is passed at the start only,
    /// `$` at the end only.
    mutating func closure(of entries: [Int], atStart: Bool, atEnd: Bool) -> [Int] {
        walk += 1
        length = 0
        pending.append(contentsOf: entries)
        var reached: [Int] = []
        while let state = pending.popLast() {
            guard visits[state] != walk else { continue }
            visits[state] = walk
            length += 1
            switch states[state] {
            case .split(let left, let right):
                pending.append(left)
                pending.append(right)
            case .start(let next): if atStart { pending.append(next) }
            case .end(let next):
                reached.append(state)
                if atEnd { pending.append(next) }
            case .set, .accept: reached.append(state)
            case .open: break
            }
        }
        reached.sort()
        return reached
    }
}
