/// What the simulator was asked for.
struct Arguments {
    /// How many seeds to run, from `seed` on, or new ones.
    var seeds = 200
    var seed: UInt64?
    /// Runs new seeds for so long instead.
    var minutes: Double?
    var mutant: Mutant?
    /// Looks for every mutant.
    var checksMutants = false
    var traces = false
    /// Ends with the first seed that fails, as it is.
    var stopsAtFirst = false
    /// Of the plan, only these messages and faults, by number.
    var messages: Set<Int>?
    var faults: Set<Int>?
    /// Prints what identifies each run.
    var printsFingerprints = false

    static let usage = """
        usage: simulate [--seeds N] [--seed S] [--minutes M] [--mutant NAME] [--mutants] [--trace] [--first] [--fingerprints]
                        [--messages 1,2,…] [--faults 1,2,…]
        A seed alone runs that one. Mutants: \(Mutant.allCases.map(\.rawValue).joined(separator: " "))
        """

    /// Nil where they can't be understood.
    init?(_ words: [String]) {
        var rest = words[...]
        var isCounted = false
        while let word = rest.popFirst() {
            switch word {
            case "--mutants": checksMutants = true
            case "--trace": traces = true
            case "--first": stopsAtFirst = true
            case "--fingerprints": printsFingerprints = true
            case "--seeds":
                guard let value = rest.popFirst().flatMap({ Int($0) }), value > 0 else { return nil }
                seeds = value
                isCounted = true
            case "--seed":
                guard let value = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
                seed = value
            case "--minutes":
                guard let value = rest.popFirst().flatMap({ Double($0) }), value > 0 else { return nil }
                minutes = value
            case "--mutant":
                guard let value = rest.popFirst().flatMap({ Mutant(rawValue: $0) }) else { return nil }
                mutant = value
            case "--messages":
                guard let value = rest.popFirst().flatMap(Self.numbers) else { return nil }
                messages = value
            case "--faults":
                guard let value = rest.popFirst().flatMap(Self.numbers) else { return nil }
                faults = value
            default: return nil
            }
        }
        if seed != nil, !isCounted { seeds = 1 }
    }

    private static func numbers(_ text: String) -> Set<Int>? {
        let numbers = text.split(separator: ",").map { Int($0) }
        return numbers.contains(nil) ? nil : Set(numbers.compactMap(\.self))
    }
}
