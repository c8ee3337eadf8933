import MeshCore
import Outbox
import TestSupport
import Testing

@testable import WasmWorker

@Suite struct PartitionMachineTests {
    /// I1, I3, I5 in one: whatever crashes, is delivered twice, conflicts, is refused or has to be tried again.
    @Test func `every message takes effect once, in order per key, or becomes a dead letter`() throws {
        let seed = Seed().value
        for round in 0..<1500 as Range<UInt64> {
            var simulation = PartitionSimulation(seed: seed &+ round)
            let ended = simulation.run()
            try #require(ended, "seed \(seed &+ round): it doesn't come to an end: \(simulation.standstill)")
            check(simulation)
        }
    }

    private func check(_ simulation: PartitionSimulation) {
        let seed = simulation.seed
        var expected: [String: [String]] = [:]
        var inputs: [String: [String]] = [:]
        var dead: Set<String> = []
        var seen: Set<String> = []
        for record in simulation.log where seen.insert(record.message.id).inserted {
            let id = record.message.id
            if case .workflow? = simulation.fates[id] {
                inputs[record.message.key ?? "", default: []].append(id)
                continue
            }
            let works =
                switch simulation.fates[id] {
                case .works?, nil: !simulation.store.poison.contains(id)
                case .failsThenWorks(let times)?: times <= 3
                case .refuses?, .crashes?, .workflow?: false
                }
            if works { expected[record.message.key ?? "", default: []].append(id) } else { dead.insert(id) }
        }
        for key in Set(simulation.log.compactMap(\.message.key)) {
            let state = simulation.store.state[StateKey(service: "t.S", key: key)]
            let applied = state.map { String(decoding: $0.data, as: UTF8.self) } ?? ""
            #expect(applied == expected[key, default: []].joined(separator: ","), "seed \(seed), key \(key)")
        }
        checkWorkflows(simulation, inputs)
        #expect(Set(simulation.store.deadLetters) == dead, "seed \(seed)")
        #expect(simulation.store.deadLetters.count == dead.count, "seed \(seed)")
        let emitted = simulation.store.outbox.filter { $0.topic == "t.done" }
        #expect(emitted.count == expected.values.reduce(0) { $0 + $1.count }, "seed \(seed)")
        #expect(Set(emitted.map(\.message.id)).count == emitted.count, "seed \(seed)")
        let sequences = simulation.store.outbox.map(\.sequence)
        #expect(sequences == sequences.sorted() && Set(sequences).count == sequences.count, "seed \(seed)")
    }

    /// Each input has one entry, in the order of its key; each timer fired once or was taken back, and none is left.
    private func checkWorkflows(_ simulation: PartitionSimulation, _ inputs: [String: [String]]) {
        let seed = simulation.seed
        #expect(!simulation.isContentsMissing, "seed \(seed)")
        for (key, ids) in inputs {
            let record = simulation.store.workflows[WorkflowID(service: "t.S", key: key)]
            let journal = record?.journal ?? []
            #expect(journal.filter { $0.kind == .signal }.compactMap(\.name) == ids, "seed \(seed), key \(key)")
            #expect(journal.map(\.sequence) == Array(1...Int64(journal.count)), "seed \(seed), key \(key)")
            let ended = journal.filter { $0.kind == .fired || $0.kind == .cancel }.compactMap(\.name)
            #expect(ended.count == journal.count { $0.kind == .timer }, "seed \(seed), key \(key)")
            #expect(Set(ended).count == ended.count, "seed \(seed), key \(key)")
        }
        #expect(simulation.store.timers.isEmpty && simulation.machine.openTimers.isEmpty, "seed \(seed)")
    }
}
