import Foundation
import MeshCore
import Outbox
import Synchronization
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct AwaitedCallsTests {
    @Test func `calls that wait keep nothing of what they were called with`() async throws {
        let store = FakeStore()
        store.state.withLock { $0.keepsRows = false }
        let outlet = FakeOutlet(keepsRows: false)
        let acceptor = Acceptor(
            Acceptor.Configuration(owner: "test"), store: store, metrics: RouterMetrics(), outlet: { outlet })
        let running = Task { await acceptor.run() }
        let waiting = WaitingCalls(limit: 1000)
        let calls = AwaitedCalls(acceptor: acceptor, waiting: waiting, store: store)
        let (count, size) = (48, 8 << 20)
        let before = try residentBytes()
        await withTaskGroup(of: CallOutcome?.self) { group in
            for index in 0..<count {
                group.addTask {
                    var call = message("\(index)", size: size)
                    return try? await calls.perform(&call, until: .now.advanced(by: .seconds(60))).outcome
                }
                // One by one, so that all of them find room.
                try? await eventually { store.state.withLock { $0.transactions.count } == index + 1 }
            }
            let after = try? residentBytes()
            #expect(waiting.count == count)
            #expect((after ?? .max) < before + count * size / 2)
            for index in 0..<count { waiting.resolve("\(index)", .answer(Array("{}".utf8))) }
            for await outcome in group { #expect(outcome == .answer(Array("{}".utf8))) }
        }
        acceptor.stop()
        await running.value
    }

    private func message(_ id: String, size: Int) -> IngressMessage {
        IngressMessage(
            topic: "t", partition: 0,
            message: Message(
                id: id, type: "t", source: "/test", time: .now, key: id, data: [UInt8](repeating: 0x20, count: size)))
    }

    private func residentBytes() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (Int(pages[1]) ?? 0) * 4096
    }
}
