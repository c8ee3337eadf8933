import Foundation
import MeshCore
import Schemas
import Testing

@testable import Guests

private let workflows = Result { try Checkout.build(Checkout.root + "/Examples/workflows") }
private let orderDesk = Result { try Checkout.build(Checkout.root + "/Examples/orders") }

/// The examples' own tests run them natively; here they are what is deployed, over the journal that the mesh keeps.
@Suite struct WorkflowsInTheSandbox {
    private func mesh(_ build: Result<GuestBuild, any Error>) throws -> PackageMesh {
        let build = try build.get()
        return try PackageMesh(try SourceFiles.read(build.path), schema: build.schema)
    }

    static let runs: [(String, String, String)] = [
        ("Calls/sequence", #"{"id":"a","item":"kite"}"#, #"{"value":"40 asked"}"#),
        ("Calls/substitute", #"{"id":"a","item":"nothing"}"#, #"{"value":"other"}"#),
        ("Calls/all", #"{"id":"a","suppliers":["x","yy","zzz"]}"#, #"{"value":"60"}"#),
        ("Calls/any", #"{"id":"a","suppliers":["x","yy"]}"#, #"{"value":"x"}"#),
        ("Calls/race", #"{"id":"a","suppliers":["x","yy"]}"#, #"{"value":"x"}"#),
        ("Calls/best", #"{"id":"a","suppliers":["xx","y","z"],"enough":2}"#, #"{"supplier":"y","price":"10"}"#),
        ("Calls/fanOut", #"{"id":"a","count":20}"#, #"{"value":420}"#),
        ("Clocks/roll", #"{"id":"a","times":0}"#, #"{"value":[]}"#),
        ("Families/parent", #"{"id":"p","child":"c"}"#, #"{"value":3}"#),
        ("Families/changed", #"{"id":"a"}"#, #"{"value":"new"}"#),
        ("Trips/book", #"{"id":"t","items":["boat","car"],"price":"900"}"#, #"{"value":["hold-boat","hold-car"]}"#),
        (
            "Parcels/send",
            #"{"id":"p","parcel":{"weight":3,"express":true,"gift":true,"price":"0","steps":[]}}"#,
            #"{"weight":3,"express":true,"gift":true,"price":"75","steps":["weighed","wrapped","customs"]}"#
        ),
    ]

    @Test(arguments: runs) func `an example answers as it does natively`(target: String, data: String, answer: String)
        throws
    {
        let mesh = try mesh(workflows)
        #expect(try mesh.run("examples." + target, data) == answer)
    }

    /// Ten thousand need less than half a megabyte too; that takes long with a host that isn't optimised.
    @Test func `thousands of calls at the same time fit into a megabyte`() throws {
        let count = ProcessInfo.processInfo.environment["WASMESH_FAN_OUT"].flatMap { Int($0) } ?? 2000
        let mesh = try mesh(workflows)
        let answer = try mesh.run("examples.Calls/fanOut", #"{"id":"a","count":\#(count)}"#)
        #expect(answer == #"{"value":\#(count * (count + 1))}"#)
        #expect(mesh.memoryBytes <= 1 << 20, "\(mesh.memoryBytes) bytes")
    }

    @Test func `time passes without anybody waiting`() throws {
        let mesh = try mesh(workflows)
        let start = mesh.clock
        let answer = try mesh.run("examples.Clocks/remind", #"{"id":"a","days":3}"#)
        #expect(answer.split(separator: ",").count == 4)
        #expect(mesh.clock.microseconds - start.microseconds == 3 * 86_400_000_000)
        #expect(mesh.activations == 5)
    }

    @Test func `what was done is taken back in reverse order`() throws {
        let mesh = try mesh(workflows)
        let answer = try mesh.run("examples.Trips/book", #"{"id":"t","items":["boat","car"],"price":"1001"}"#)
        #expect(answer.contains(#""code":"DECLINED""#), "\(answer)")
        #expect(
            mesh.journal("examples.Trips", "t").filter { $0.hasSuffix("/release") } == [
                "call examples.Supplier/release", "call examples.Supplier/release",
            ])
    }

    @Test func `a signal ends a wait, and lines are counted until there are no more`() throws {
        let desk = try mesh(workflows)
        let hour = desk.clock.microseconds + 3_600_000_000
        #expect(
            try desk.run(
                "examples.Desks/approval", #"{"id":"a"}"#,
                signals: [(hour, "examples.Desks/approve", #"{"id":"a","by":"ada"}"#)]) == #"{"value":"ada"}"#)

        let lines = (1...3).map { (hour, "examples.Desks/line", #"{"id":"a","text":"line \#($0)"}"#) }
        #expect(
            try mesh(workflows).run(
                "examples.Desks/collect", #"{"id":"a"}"#,
                signals: lines + [(hour, "examples.Desks/noMoreLines", #"{"id":"a"}"#)]) == #"{"value":3}"#)
    }

    @Test func `an order is approved, paid and shipped`() throws {
        let mesh = try mesh(orderDesk)
        let answer = try mesh.run(
            "desk.Orders/place", #"{"id":"o-1","item":"boat","amount":"5000"}"#,
            signals: [(mesh.clock.microseconds + 60_000_000, "desk.Orders/approve", #"{"id":"o-1","by":"ada"}"#)])
        #expect(answer.contains(#""status":"SHIPPED","approvedBy":"ada""#), "\(answer)")
    }

    @Test func `a declined order gives its reservation back`() throws {
        let mesh = try mesh(orderDesk)
        let answer = try mesh.run("desk.Orders/place", #"{"id":"o-1","item":"kite","amount":"666"}"#)
        #expect(answer.contains(#""code":"DECLINED""#), "\(answer)")
        #expect(mesh.journal("desk.Orders", "o-1").contains("call desk.Warehouse/release"))
    }
}
