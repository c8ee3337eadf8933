import CSimulation

/// Runs seeds, makes failing plans smaller, and says how to see them again.
struct Runner {
    let arguments: Arguments
    let base: UInt64

    init(_ arguments: Arguments, base: UInt64) {
        self.arguments = arguments
        self.base = base
    }

    /// The exit code: 1 where a seed failed.
    func run() -> Int32 {
        let began = simulation_wall_time()
        let end = arguments.minutes.map { began + Int64($0 * 60_000_000) }
        var tally = Tally()
        var failed: [UInt64] = []
        var seed = base
        while end.map({ simulation_wall_time() < $0 }) ?? (seed < base + UInt64(arguments.seeds)) {
            var plan = Plan.make(seed: seed)
            if let messages = arguments.messages { plan.submissions.removeAll { !messages.contains($0.number) } }
            if let faults = arguments.faults { plan.faults.removeAll { !faults.contains($0.number) } }
            let simulation = Simulation.start(plan, arguments.mutant, traces: arguments.traces)
            let violation = simulation.run()
            tally.add(simulation)
            if arguments.printsFingerprints {
                print("seed \(seed): \(simulation.world.eventCount) events, \(simulation.world.fingerprint)")
            }
            if let violation {
                failed.append(seed)
                report(plan, violation)
                if failed.count >= 5 || arguments.stopsAtFirst { break }
            }
            seed += 1
        }
        let seconds = Double(simulation_wall_time() - began) / 1_000_000
        print("\(tally.runs) seeds from \(base) on in \(Int(seconds)) s: \(failed.count) failed")
        print(tally)
        return failed.isEmpty ? 0 : 1
    }

    private func report(_ plan: Plan, _ violation: Violation) {
        print("seed \(plan.seed): \(violation)")
        let isWhole =
            arguments.messages == nil && arguments.faults == nil && !arguments.traces && !arguments.stopsAtFirst
        guard isWhole else { return }
        let (small, reason) = Shrinking.shrink(plan, violation) { plan in
            Simulation.start(plan, arguments.mutant).run()
        }
        print(
            "  with \(small.submissions.count) of \(plan.submissions.count) messages and \(small.faults.count) of \(plan.faults.count) faults: \(reason)"
        )
        for fault in small.faults { print("  \(fault)") }
        for submission in small.submissions {
            print(
                "  m\(submission.number) at \(submission.at / 1000) ms by \(submission.way): \(small.text(of: submission.job))"
            )
        }
        let messages = small.submissions.map { String($0.number) }.joined(separator: ",")
        let faults = small.faults.map { String($0.number) }.joined(separator: ",")
        let mutant = arguments.mutant.map { " --mutant \($0.rawValue)" } ?? ""
        print("  again: make simulate SEED=\(plan.seed)\(mutant.isEmpty ? "" : " ARGUMENTS='\(mutant.dropFirst())'")")
        print(
            "  the small one: make simulate SEED=\(plan.seed) ARGUMENTS='\(mutant.isEmpty ? "" : mutant.dropFirst() + " ")--trace --messages \(messages) --faults \(faults)'"
        )
    }

    /// The exit code: 1 where a mutant survives its budget of seeds.
    func checkMutants() -> Int32 {
        var survivors: [Mutant] = []
        for mutant in Mutant.allCases where arguments.mutant == nil || arguments.mutant == mutant {
            var found: (runs: UInt64, violation: Violation)?
            for run in 0..<UInt64(arguments.seeds) where found == nil {
                let plan = Plan.make(seed: base + run)
                if let violation = Simulation.start(plan, mutant).run() { found = (run + 1, violation) }
            }
            if let found {
                print("\(mutant.rawValue): found with seed \(found.runs): \(found.violation)")
            } else {
                if !mutant.isRare || arguments.mutant == mutant { survivors.append(mutant) }
                print("\(mutant.rawValue): SURVIVED \(arguments.seeds) seeds from \(base) on")
            }
        }
        return survivors.isEmpty ? 0 : 1
    }
}

extension Simulation {
    /// A run of a plan, whose seed is known if it should crash the process.
    static func start(_ plan: Plan, _ mutant: Mutant?, traces: Bool = false) -> Simulation {
        simulation_note("\nthe product crashed in seed \(plan.seed); again: make simulate SEED=\(plan.seed)\n")
        return Simulation(plan, mutant: mutant, trace: Trace(prints: traces))
    }
}

/// What many runs came to.
struct Tally: CustomStringConvertible {
    private(set) var runs = 0
    private var events = 0
    private var commits = 0
    private var milliseconds: Int64 = 0
    private var faults: [String: Int] = [:]

    mutating func add(_ simulation: Simulation) {
        runs += 1
        events += simulation.world.eventCount
        commits += simulation.database.commits
        milliseconds += (simulation.world.now - World.epoch) / 1000
        for (name, count) in simulation.performed { faults[name, default: 0] += count }
    }

    var description: String {
        let list = faults.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        return "\(events) events, \(commits) commits, \(milliseconds / 60_000) simulated minutes; \(list)"
    }
}
