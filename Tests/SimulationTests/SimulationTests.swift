import Testing

/// The mesh on a simulated clock, broker and database (docs/testing.md); `make simulate` runs more of it.
@Suite(.serialized) struct SimulationTests {
    @Test func `new seeds break no promise`() async throws {
        let outcome = try await Simulator.run("--seeds", "100")
        #expect(outcome.exit == 0, "\(outcome)")
        print(outcome)
    }

    @Test func `a seed does the same in every process`() async throws {
        let first = try await Simulator.run("--seed", "20261121", "--seeds", "12", "--fingerprints")
        let second = try await Simulator.run("--seed", "20261121", "--seeds", "12", "--fingerprints")
        let runs = first.lines.filter { $0.hasPrefix("seed ") }
        #expect(runs.count == 12, "\(first)")
        #expect(runs == second.lines.filter { $0.hasPrefix("seed ") })
        // Alone as well: nothing of the runs before it matters.
        let alone = try await Simulator.run("--seed", "20261127", "--fingerprints")
        #expect(alone.lines.first == runs[6], "\(alone)")
    }

    @Test func `every line of SQL that keeps a promise is missed when it is taken away`() async throws {
        let outcome = try await Simulator.run("--mutants", "--seeds", "500")
        #expect(outcome.exit == 0, "\(outcome)")
        print(outcome)
    }

    @Test func `a seed that fails is made smaller, and fails again as printed`() async throws {
        let outcome = try await Simulator.run("--mutant", "offset-early", "--seed", "2", "--seeds", "50")
        #expect(outcome.exit == 1, "\(outcome)")
        let again = try #require(outcome.lines.first { $0.contains("the small one: ") }, "\(outcome)")
        let seed = try #require(again.firstMatch(of: /SEED=(\d+)/))
        let messages = try #require(again.firstMatch(of: /--messages ([\d,]*)/))
        let faults = try #require(again.firstMatch(of: /--faults ([\d,]*)/))
        #expect(messages.1.split(separator: ",").count <= 4, "\(again)")
        let small = try await Simulator.run(
            "--mutant", "offset-early", "--seed", String(seed.1), "--messages", String(messages.1), "--faults",
            String(faults.1))
        #expect(small.exit == 1, "\(small)")
    }
}
