import MeshCore
import Outbox
import TestSupport
import Testing

@testable import Workflows

/// Where answers to workflows' calls go, as a header.
@Suite struct AnswerAddressTests {
    @Test func `an address is read as it was written, whatever the workflow's id`() {
        var seed = Seed()
        let pieces = ["/", ".", "\u{301}", "é", "a", "1", " ", "👩‍👩‍👧", "\u{200D}", "s.S/1.2.3/"]
        for _ in 0..<300 {
            let key = (0..<seed.integer(in: 0...6)).map { _ in pieces[seed.integer(in: 0...pieces.count - 1)] }.joined()
            let address = AnswerAddress(
                workflow: WorkflowID(service: "shop.Orders", key: key),
                operation: WorkflowOperation(
                    run: Int32(seed.integer(in: 1...Int(Int32.max))), op: Int32(seed.integer(in: 0...Int(Int32.max))),
                    attempt: Int32(seed.integer(in: 1...9))),
                life: seed.chance(0.5) ? String(SHA256.hex(seed.bytes(count: 8)).prefix(12)) : nil)
            #expect(AnswerAddress(address.description) == address, "\(seed): \(address)")
        }
    }

    @Test func `what isn't an address is refused`() {
        for text in [
            "", "s.S", "s.S/1.2.3", "/1.2.3/w", "s.S/1.2/w", "s.S/1.2.3./w",
            "s.S/1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.0.1.2/w", "s.S/1..3/w", "s.S/.1.2/w", "s.S/1.2./w",
            "s.S/0.2.3/w", "s.S/1.2.0/w", "s.S/-1.2.3/w", "s.S/1.x.3/w", "s.S/1.2147483648.3/w",
            "s.S/99999999999.1.1/w",
        ] { #expect(AnswerAddress(text) == nil, "\(text)") }
    }
}
