import MeshCore
import Outbox
import Testing

@testable import WasmWorker

/// Parked messages whose handler finds its state's key elsewhere than when they were parked.
@Suite struct ParkedKeyTests {
    /// What can't be looked up would fail at each load, for ever, and hold its partition up (I6).
    @Test(arguments: [#"a\u0000b"#, String(repeating: "k", count: 1025)])
    func `a key in the data that can't be stored is its message's failure`(key: String) throws {
        let catalog = try UnusedCode.catalog(
            """
            @mesh(namespace: "t", version: "2.0.0")
            type Kept @key(field: "key") { key: ID! }
            type Told { key: ID! place: String! }
            service Source { @emits(event: "t.told", key: "key") told(event: Told!): Void }
            service Sink @state(type: "Kept") { @handles(event: "t.told", key: "place") onTold(event: Told!): Void }
            """)
        let message = Message(
            id: "m", type: "t.told", source: "/t.Source", time: .now, key: "k",
            data: Array(#"{"key":"k","place":"\#(key)"}"#.utf8))
        let parked = ParkedMessage(
            id: 7, offset: 3, service: "t.Sink", method: "onTold", key: "k", message: message, attempts: 2, due: nil,
            parkedAt: .now)
        let execution = catalog.execution(
            of: parked, for: PartitionID(group: "t.Sink", topic: "t.told", partition: 0))
        #expect(execution.stateKey.key == "k" && execution.orderKey.key == "k" && execution.isParked)
        var states = RunStates()
        states[execution.stateKey] = .absent
        let result = catalog.run(
            KeyRun(id: 1, orderKey: execution.orderKey, executions: [execution], states: states))
        guard case .failed(let failure)? = result.results.first?.outcome else {
            Issue.record("it ran")
            return
        }
        #expect(failure.kind == .badInput && !execution.isRetried(after: failure))
        #expect(failure.error.message.hasPrefix("t.told: the key in the data"))
    }
}
