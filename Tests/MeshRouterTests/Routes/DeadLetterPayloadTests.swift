import MeshCore
import Testing

@testable import MeshRouter
@testable import Outbox

/// Which payloads may take the place of a dead letter's.
@Suite struct DeadLetterPayloadTests {
    private func letter(
        _ type: String, service: String = "shop.Orders", group: String? = nil, key: String? = "c-1",
        payload: String? = "{}"
    ) -> DeadLetter {
        DeadLetter(
            id: 1, status: .open, place: PartitionID(group: group ?? service, topic: service, partition: 0), offset: 0,
            service: service, method: nil, key: key, messageID: "m", type: type, source: "/t", attempts: 1,
            errorCode: "NO", errorMessage: "no", errorDetails: nil, digest: nil, failedAt: .now, resolvedAt: nil,
            resolvedBy: nil, payload: payload.map { Array($0.utf8) }, headers: [])
    }

    private func problem(_ payload: String, _ letter: DeadLetter) throws -> String? {
        let table = try Shop.table()
        do {
            try table.check(Array(payload.utf8), inPlaceOf: letter)
            return nil
        } catch {
            return error.message
        }
    }

    private let order = #"{"order":{"customer":"c-1","items":[]}}"#

    @Test func `a call's is its method's arguments, of the same key`() throws {
        #expect(try problem(order, letter("shop.Orders/place")) == nil)
        #expect(try problem(order, letter("shop.Orders/place", key: nil)) == nil)
        #expect(try problem(order, letter("shop.Orders/place", payload: nil)) == nil)
        let other = try problem(order, letter("shop.Orders/place", key: "c-2"))
        #expect(other?.contains("'c-1', and the dead letter's 'c-2'") == true)
        #expect(try problem(#"{"order":{}}"#, letter("shop.Orders/place"))?.contains("order.customer") == true)
        #expect(try problem("{}", letter("shop.Orders/nightly")) == nil)
    }

    @Test func `a key that a sender chose in place of the data's stays`() throws {
        #expect(try problem(order, letter("shop.Orders/place", key: "mine", payload: order)) == nil)
    }

    @Test func `an event's is what the handler reads of it, and more; of the key that its emitter gives it`() throws {
        let placed = letter("order.placed", service: "billing.Invoices", key: "o-1")
        #expect(try problem(#"{"id":"o-1","customer":"c"}"#, placed) == nil)
        #expect(try problem(#"{"id":"o-1"}"#, placed) == nil)
        #expect(try problem(#"{"customer":"c"}"#, placed)?.contains("id") == true)
        #expect(try problem(#"{"id":"o-2"}"#, placed)?.contains("'o-2'") == true)
    }

    @Test func `of an event that the log didn't take it is what the emitter declares`() throws {
        let placed = letter("order.placed", group: DeadLetter.relayGroup, key: "o-1")
        #expect(try problem(#"{"id":"o-1","customer":"c"}"#, placed) == nil)
        #expect(try problem(#"{"id":"o-1"}"#, placed)?.contains("customer") == true)
    }

    @Test(arguments: [
        "mesh.answer", "mesh.control", "shop.Orders/gone", "shop.Orders/orderPlaced", "order.placed", "nobody.knows",
    ])
    func `where no schema says what it must be it can't be replaced`(type: String) throws {
        #expect(try problem("{}", letter(type))?.contains("nothing says what its payload must be") == true)
    }
}
