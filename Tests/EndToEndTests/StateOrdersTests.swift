import Foundation
import TestSupport
import Testing

/// Repairing a state through the built program.
struct StateOrdersTests {
    @Test func `a state is set and deleted, and calls go on from there`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        func add() async throws -> String {
            try await mesh.wasmesh("call", "probe.Counters/add", #"{"id": "repaired", "by": 1}"#).out
        }
        let first = try await add()
        #expect(first.contains("repaired"), "\(first)")
        let set = try await mesh.wasmesh(
            "state", "set", "probe.Counters", "repaired", "-", input: #"{"id": "repaired", "value": 100, "heard": 0}"#)
        #expect(set.exit == 0 && set.out.hasPrefix("set the state"), "\(set)")
        #expect(try await mesh.sql("select value from probe.counters where id = 'repaired'") == "100")
        let next = try await add()
        #expect(next.contains("101"), "\(next)")
        let wrong = try await mesh.wasmesh(
            "state", "set", "probe.Counters", "repaired", "-",
            input: #"{"id": "repaired", "value": "many", "heard": 0}"#)
        #expect(wrong.exit == 1 && wrong.error.contains("value"), "\(wrong)")
        let deleted = try await mesh.wasmesh("state", "delete", "probe.Counters", "repaired")
        #expect(deleted.exit == 0 && deleted.out.hasPrefix("deleted the state"), "\(deleted)")
        #expect(try await mesh.wasmesh("state", "probe.Counters", "repaired").exit == 1)
        let again = try await mesh.wasmesh("state", "delete", "probe.Counters", "repaired")
        #expect(again.exit == 1 && again.error.contains("no state"), "\(again)")
        let anew = try await add()
        #expect(anew.contains(#""value":1,"#) || anew.contains(#""value": 1,"#), "\(anew)")
        let facts = try await mesh.sql(
            "select string_agg(action, ',' order by id) from mesh.fact where subject = 'state probe.Counters/repaired'")
        #expect(facts == "set state,delete state")
    }
}
