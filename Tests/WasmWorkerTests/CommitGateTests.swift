import Synchronization
import Testing

@testable import WasmWorker

@Suite struct CommitGateTests {
    @Test func `turns that nobody takes are given on`() async {
        let gate = CommitGate(limit: 2)
        // A loop that has ended: what is posted to it comes to nothing.
        for _ in 0..<5 {
            let dead = Mailbox<CommitTurn>()
            gate.enter { turn in dead.post(turn) }
            dead.close()
            await dead.consume { _ in }
            gate.enter { turn in dead.post(turn) }
        }
        let entered = Atomic<Int>(0)
        let held = Mutex<[CommitTurn]>([])
        for _ in 0..<3 {
            gate.enter { turn in
                entered.add(1, ordering: .relaxed)
                held.withLock { $0.append(turn) }
            }
        }
        #expect(entered.load(ordering: .relaxed) == 2)
        held.withLock { $0.first }?.end()
        #expect(entered.load(ordering: .relaxed) == 3)
    }
}
