import Fuzzing
import TestSupport
import Testing

/// What `make fuzz` looks for at length, in short: the kept corpora, what once broke something, and some random changes of them.
@Suite struct FuzzingTests {
    /// So long one input may take in a debug build on a machine that does other things as well.
    private static let patience = Duration.seconds(5)

    @Test(arguments: FuzzTarget.all.map(\.name))
    func `every kept input is survived`(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        for (index, input) in (target.seeds + Corpus.kept(target)).enumerated() {
            try run(target, input, "input \(index)")
        }
    }

    @Test(arguments: FuzzTarget.all.map(\.name))
    func `what once broke something doesn't any more`(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        for (file, input) in Corpus.found(target) { try run(target, input, "Found/\(name)/\(file)") }
    }

    @Test(arguments: FuzzTarget.all.map(\.name))
    func `random changes of kept inputs are survived`(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        var mutator = Mutator(target.seeds + Corpus.kept(target), Seed())
        let end = ContinuousClock.now + .milliseconds(600)
        var count = 0
        // At least a hundred, however slow the machine.
        while count < 100 || ContinuousClock.now < end && count < 20_000 {
            try run(target, mutator.next(), "change \(count)")
            count += 1
        }
    }

    @Test func `every target has something to begin with`() {
        #expect(FuzzTarget.all.count >= 16)
        for target in FuzzTarget.all { #expect(!target.seeds.isEmpty, "\(target.name)") }
    }

    private func run(_ target: FuzzTarget, _ input: [UInt8], _ what: String) throws {
        let start = ContinuousClock.now
        do {
            try target.run(input)
        } catch {
            Issue.record("\(target.name), \(what): \(error); the input: \(literal(input))")
            throw error
        }
        let taken = start.duration(to: .now)
        #expect(taken < Self.patience, "\(target.name), \(what): \(taken) for \(literal(input))")
    }

    private func literal(_ input: [UInt8]) -> String {
        String(String(decoding: input, as: UTF8.self).debugDescription.prefix(2000))
    }
}
