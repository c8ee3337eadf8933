/// A regular expression that a whole text must match, in time linear in the text.
///
/// It is a deterministic automaton built in full when the schema is compiled: what would make it large is refused there, so that no
/// text, however hostile, costs more than one table look-up per character.
package struct Pattern: Sendable, Hashable {
    static let tooLarge = PatternError("it is too large; use fewer or smaller repetitions, or `@length`")

    /// What an automaton may cost to make and to keep; one that would cost more is refused.
    struct Limits {
        /// State × class.
        var transitions = 1 << 18
        var states = 20_000
        /// Steps of the making.
        var work = 500_000
    }

    private static let dead: UInt16 = 0

    package let text: String
    /// The class of each ASCII character.
    private let asciiClasses: [UInt8]
    /// Where a new class begins, sorted; scalar values of the first characters.
    private let boundaries: [UInt32]
    private let classOfBoundary: [UInt8]
    private let classCount: Int
    /// The next state by state × class; state 0 matches nothing any more, state 1 is the first.
    private let transitions: [UInt16]
    private let accepts: [Bool]

    init(_ text: String, limits: Limits = Limits()) throws(PatternError) {
        let automaton = try PatternAutomaton(PatternParser.parse(text))
        self.text = text
        (boundaries, classOfBoundary, classCount) = try Pattern.classes(of: automaton)
        var builder = Builder(automaton, boundaries: boundaries, classes: classOfBoundary, classCount: classCount)
        (transitions, accepts) = try builder.build(within: limits)
        let (boundaries, classOfBoundary) = (boundaries, classOfBoundary)
        asciiClasses = (0..<128).map { Pattern.find($0, boundaries, classOfBoundary) }
    }

    /// Groups the scalars that no set of the automaton tells apart.
    private static func classes(of automaton: PatternAutomaton) throws(PatternError) -> ([UInt32], [UInt8], Int) {
        var all: Set<ScalarSet> = []
        for case .set(let set, _) in automaton.states { all.insert(set) }
        let sets = Array(all)
        let boundaries = Set(sets.flatMap { $0.ranges.flatMap { [$0.lowerBound, $0.upperBound + 1] } } + [0])
            .filter { $0 <= 0x10FFFF }.sorted()
        var known: [[Bool]: UInt8] = [:]
        var classes: [UInt8] = []
        for boundary in boundaries {
            let signature = sets.map { $0.contains(boundary) }
            guard known[signature] != nil || known.count < 250 else { throw tooLarge }
            let number = known[signature] ?? UInt8(known.count)
            known[signature] = number
            classes.append(number)
        }
        return (boundaries, classes, known.count)
    }

    private static func find(_ scalar: UInt32, _ boundaries: [UInt32], _ classes: [UInt8]) -> UInt8 {
        var (low, high) = (0, boundaries.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if boundaries[middle] <= scalar { low = middle } else { high = middle }
        }
        return classes[low]
    }

    /// Makes the deterministic automaton: each of its states is a set of the other one's.
    private struct Builder {
        private let automaton: PatternAutomaton
        private let classCount: Int
        /// The classes that lead on from a state of the automaton, by the state.
        private let classesOfState: [[Int]]
        private var walk: EmptyWalk
        private var numbers: [[Int]: Int] = [:]
        private var sets: [[Int]] = []
        private var accepts: [Bool] = []
        private var work = 0

        init(_ automaton: PatternAutomaton, boundaries: [UInt32], classes: [UInt8], classCount: Int) {
            self.automaton = automaton
            self.classCount = classCount
            walk = EmptyWalk(automaton)
            var representatives = [UInt32](repeating: 0, count: classCount)
            for (boundary, number) in zip(boundaries, classes) { representatives[Int(number)] = boundary }
            var known: [ScalarSet: [Int]] = [:]
            classesOfState = automaton.states.map { state in
                guard case .set(let set, _) = state else { return [] }
                if let classes = known[set] { return classes }
                let classes = representatives.indices.filter { set.contains(representatives[$0]) }
                known[set] = classes
                return classes
            }
        }

        private mutating func number(_ entries: [Int], atStart: Bool) -> Int {
            let set = walk.closure(of: entries, atStart: atStart, atEnd: false)
            work += walk.length
            if !atStart, let number = numbers[set] { return number }
            let ends = walk.closure(of: set, atStart: atStart, atEnd: true)
            accepts.append(ends.contains { if case .accept = automaton.states[$0] { true } else { false } })
            sets.append(set)
            if !atStart { numbers[set] = sets.count - 1 }
            return sets.count - 1
        }

        mutating func build(within limits: Limits) throws(PatternError) -> ([UInt16], [Bool]) {
            _ = number([], atStart: false)
            _ = number([automaton.first], atStart: true)
            var transitions = [UInt16](repeating: dead, count: classCount)
            var entries = [[Int]](repeating: [], count: classCount)
            var next = 1
            while next < sets.count {
                for number in entries.indices { entries[number].removeAll(keepingCapacity: true) }
                for state in sets[next] {
                    guard case .set(_, let following) = automaton.states[state] else { continue }
                    for number in classesOfState[state] { entries[number].append(following) }
                }
                for entries in entries { transitions.append(UInt16(number(entries, atStart: false))) }
                guard transitions.count <= limits.transitions, sets.count < limits.states, work < limits.work else {
                    throw tooLarge
                }
                next += 1
            }
            return (transitions, accepts)
        }
    }
}

extension Pattern {
    /// Where a match stands; made by `start`, moved by `advance`.
    struct Cursor {
        fileprivate var state: UInt16 = 1

        /// True where nothing that follows can make it match.
        var isDead: Bool { state == Pattern.dead }
    }

    @inline(__always)
    func advance(_ cursor: inout Cursor, ascii: UInt8) {
        cursor.state = transitions[Int(cursor.state) * classCount + Int(asciiClasses[Int(ascii & 0x7F)])]
    }

    func advance(_ cursor: inout Cursor, scalar: UInt32) {
        let number = scalar < 128 ? asciiClasses[Int(scalar)] : Pattern.find(scalar, boundaries, classOfBoundary)
        cursor.state = transitions[Int(cursor.state) * classCount + Int(number)]
    }

    func accepts(_ cursor: Cursor) -> Bool { accepts[Int(cursor.state)] }

    /// Whether the whole of `text` matches.
    package func matches(_ text: String) -> Bool {
        var cursor = Cursor()
        for scalar in text.unicodeScalars { advance(&cursor, scalar: scalar.value) }
        return accepts(cursor)
    }
}
