import Testing

import MeshCore

/// What wakes the look at what is deployed: lost once, a worker would hear of no deploy any more.
@Suite struct ChangeSignalTests {
    @Test(.timeLimit(.minutes(1)))
    func `a wait ends at its limit, however soon that is`() async {
        let signal = ChangeSignal()
        for _ in 0..<2000 { await signal.wait(atMost: .zero) }
        for _ in 0..<200 { await signal.wait(atMost: .microseconds(1)) }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a signal ends the wait, or the next one where nobody waits`() async {
        let signal = ChangeSignal()
        signal.signal()
        await signal.wait(atMost: .seconds(3600))
        let waiting = Task { await signal.wait(atMost: .seconds(3600)) }
        signal.signal()
        await waiting.value
    }

    @Test(.timeLimit(.minutes(1)))
    func `a cancelled task waits no longer`() async {
        let signal = ChangeSignal()
        for _ in 0..<100 {
            let waiting = Task { await signal.wait(atMost: .seconds(3600)) }
            waiting.cancel()
            await waiting.value
        }
    }
}
