import Foundation
import TestSupport
import Testing

/// An operator's way through durable workflows: the order desk of `Examples/orders`, on one running `wasmesh dev`.
@Suite(.serialized) struct WorkflowsTests {
    private static let desk = OrderDesk()

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    /// Starts an order that waits for an approval.
    private func startWaiting(_ mesh: DevelopmentProcess, _ id: String) async throws {
        let started = try await mesh.wasmesh(
            "workflows", "start", "desk.Orders/place", #"{"item": "kite-\#(id)", "amount": "2000"}"#, "--id", id)
        #expect(started.exit == 0 && started.out == id + "\n", "\(started)")
        try await eventually("\(id) to wait for its approval", within: .seconds(30)) {
            let list = try await mesh.wasmesh("workflows", "list", "--waiting", "approve", "--id", id)
            return list.out.contains("signal approve")
        }
    }

    private func status(_ mesh: DevelopmentProcess, _ id: String) async throws -> String {
        let shown = try await mesh.wasmesh("workflows", "show", "desk.Orders", id, "--json")
        let workflow = try object(shown.out)["workflow"] as? [String: Any]
        return workflow?["status"] as? String ?? "\(shown)"
    }

    @Test func `a workflow is started, shown, asked, signalled, and finishes`() async throws {
        let mesh = try await Self.desk.mesh()
        try await startWaiting(mesh, "a-1")
        let shown = try await mesh.wasmesh("workflows", "show", "desk.Orders", "a-1")
        #expect(shown.out.hasPrefix("desk.Orders/place a-1  running"), "\(shown)")
        #expect(shown.out.contains("reserve: call desk.Warehouse/reserve"), "\(shown)")
        #expect(shown.out.contains("signal approve") && shown.out.contains("waits"), "\(shown)")
        let asked = try await mesh.wasmesh("workflows", "query", "desk.Orders/status", "a-1")
        #expect(try object(asked.out)["status"] as? String == "AWAITING_APPROVAL", "\(asked)")
        let steps = """
            select string_agg(kind || ' ' || coalesce(name, '') || ' ' || status, ', ' order by op) from mesh.workflow_step
            where service = 'desk.Orders' and id = 'a-1'
            """
        #expect(
            try await mesh.sql(steps)
                == "call desk.Warehouse/reserve done, local desk.Orders/record done, local desk.Orders/record done, "
                + "receive approve open, timer  open")
        let signalled = try await mesh.wasmesh(
            "workflows", "signal", "desk.Orders/approve", "a-1", #"{"by": "ann"}"#)
        #expect(signalled.exit == 0, "\(signalled)")
        try await eventually("the order to be shipped", within: .seconds(60)) {
            try await status(mesh, "a-1") == "completed"
        }
        #expect(
            try await mesh.sql(
                "select \"approvedBy\" || ' ' || status from desk.orders_place where workflow_id = 'a-1'")
                == "ann SHIPPED")
        // The same start again is the same workflow, which has ended; another one is refused.
        let again = try await mesh.wasmesh(
            "workflows", "start", "desk.Orders/place", #"{"item": "kite-a-1", "amount": "2000"}"#, "--id", "a-1",
            "--wait")
        #expect(try object(again.out)["approvedBy"] as? String == "ann", "\(again)")
        let other = try await mesh.wasmesh(
            "workflows", "start", "desk.Orders/place", #"{"item": "kite", "amount": "1"}"#, "--id", "a-1", "--wait")
        #expect(other.exit == 4 && other.error.contains("a-1"), "\(other)")
        let late = try await mesh.wasmesh("workflows", "signal", "desk.Orders/approve", "a-1", #"{"by": "bob"}"#)
        #expect(late.exit == 4, "\(late)")
        let nobody = try await mesh.wasmesh("workflows", "signal", "desk.Orders/approve", "a-9", #"{"by": "bob"}"#)
        #expect(nobody.exit == 1 && nobody.error.contains("a-9"), "\(nobody)")
    }

    @Test func `a cancelled workflow takes back what it did, a terminated one doesn't`() async throws {
        let mesh = try await Self.desk.mesh()
        try await startWaiting(mesh, "c-1")
        let cancelled = try await mesh.wasmesh(
            "workflows", "cancel", "desk.Orders", "c-1", "--reason", "customer called")
        #expect(cancelled.exit == 0 && cancelled.out.contains("cancel requested for c-1"), "\(cancelled)")
        try await eventually("c-1 to be cancelled", within: .seconds(30)) {
            try await status(mesh, "c-1") == "cancelled"
        }
        #expect(
            try await mesh.sql(
                "select count(*) from mesh.workflow_step where id = 'c-1' and role = 'compensation' and status = 'done'"
            ) == "1")
        #expect(try await mesh.sql("select \"left\" from desk.warehouse where item = 'kite-c-1'").isEmpty == false)
        let twice = try await mesh.wasmesh("workflows", "cancel", "desk.Orders", "c-1")
        #expect(twice.exit == 4 && twice.error.contains("has ended"), "\(twice)")
        try await startWaiting(mesh, "t-1")
        let terminated = try await mesh.wasmesh("workflows", "terminate", "desk.Orders", "t-1")
        #expect(terminated.exit == 0 && terminated.out.contains("terminated t-1, it is terminated"), "\(terminated)")
        #expect(
            try await mesh.sql("select count(*) from mesh.workflow_step where id = 't-1' and role = 'compensation'")
                == "0")
    }

    @Test func `a workflow that is reset goes on from there in a new run`() async throws {
        let mesh = try await Self.desk.mesh()
        try await startWaiting(mesh, "r-1")
        let reset = try await mesh.wasmesh("workflows", "reset", "desk.Orders", "r-1", "--to", "3")
        #expect(reset.exit == 0 && reset.out.contains("reset r-1"), "\(reset)")
        try await eventually("run 2 to wait", within: .seconds(30)) {
            try await mesh.sql("select run || ' ' || coalesce(waiting_for, '') from mesh.workflow where id = 'r-1'")
                .hasPrefix("2 signal approve")
        }
        let former = try await mesh.wasmesh("workflows", "show", "desk.Orders", "r-1", "--run", "1")
        #expect(former.out.contains("  reset  "), "\(former)")
        // The money wasn't taken twice: nothing of the first run is called again.
        #expect(
            try await mesh.sql(
                "select count(*) from mesh.workflow_step where id = 'r-1' and run = 2 and name = 'desk.Warehouse/reserve' and status = 'done'"
            ) == "1")
    }

    @Test func `what has failed is restarted once the bug is mended, under its id`() async throws {
        let mesh = try await Self.desk.mesh()
        let started = try await mesh.wasmesh(
            "workflows", "start", "desk.Orders/place", #"{"item": "kite-f-1", "amount": "666"}"#, "--id", "f-1",
            "--wait")
        #expect(started.exit == 1 && started.error.contains("DECLINED"), "\(started)")
        try await startWaiting(mesh, "g-1")
        let open = try await mesh.wasmesh("workflows", "restart", "desk.Orders", "g-1")
        #expect(open.exit == 4 && open.error.contains("only one that has ended"), "\(open)")
        let unknown = try await mesh.wasmesh("workflows", "restart", "desk.Orders", "f-9", "--json")
        #expect(unknown.exit == 1 && unknown.error.contains("INSTANCE_NOT_FOUND"), "\(unknown)")
        let mended = try Self.desk.changedProject("Payments.swift", "if amount == 666 {", "if amount < 0 {")
        let built = try await Wasmesh.run(["build"], in: mended)
        #expect(built.exit == 0, "\(built)")
        let deployed = try await mesh.wasmesh("deploy", mended + "/.wasmesh/build/order-desk.wasm")
        #expect(deployed.exit == 0, "\(deployed)")
        // At once, though its worker may be loading the package still.
        let restarted = try await mesh.wasmesh("workflows", "restart", "desk.Orders", "f-1")
        #expect(restarted.exit == 0 && restarted.out == "restarted f-1, it is running\n", "\(restarted)")
        try await eventually("f-1 to be shipped", within: .seconds(60)) {
            try await status(mesh, "f-1") == "completed"
        }
        let row = """
            select w.run || ' ' || (w.result ->> 'status') || ' ' || (w.digest = s.digest) from mesh.workflow w
            join mesh.service s on s.name = w.service where w.id = 'f-1'
            """
        #expect(try await mesh.sql(row) == "2 SHIPPED true")
        let former = try await mesh.wasmesh("workflows", "show", "desk.Orders", "f-1", "--run", "1")
        #expect(former.out.contains("DECLINED"), "\(former)")
        let shown = try await mesh.wasmesh("workflows", "show", "desk.Orders", "f-1")
        #expect(shown.out.contains("  restarted  ") && shown.out.contains("by /control/"), "\(shown)")
        #expect(
            try await mesh.sql("select count(*) from mesh.fact where action = 'restart' and subject like '%/f-1'")
                == "1"
        )
        // Its last step once more; the money isn't taken again.
        let completion = try await mesh.sql("select seq from mesh.journal where id = 'f-1' and kind = 'timer'")
        let again = try await mesh.wasmesh("workflows", "restart", "desk.Orders", "f-1", "--from", completion)
        #expect(again.exit == 0, "\(again)")
        try await eventually("f-1 to be shipped again", within: .seconds(60)) {
            try await mesh.sql("select run || ' ' || status from mesh.workflow where id = 'f-1'") == "3 completed"
        }
        _ = try await mesh.wasmesh("workflows", "terminate", "desk.Orders", "g-1")
    }

    @Test func `the debugger goes from step to step on a terminal, with the arguments and the state there`()
        async throws
    {
        let mesh = try await Self.desk.mesh()
        try await startWaiting(mesh, "d-1")
        let shown = try await Wasmesh.run(
            onTerminal: ["workflows", "replay", "desk.Orders", "d-1", "--step"], in: mesh.directory,
            typed: "\n1\n3\nq\n")
        #expect(shown.exit == 0, "\(shown)")
        let prompts = shown.out.components(separatedBy: "[Enter] next, number, q:")
        #expect(prompts.count == 5, "\(shown)")
        // Step 1, 2, 1 again, 3.
        #expect(prompts[0].contains("▸ calls desk.Warehouse/reserve") && prompts[0].contains("request {"), "\(shown)")
        #expect(prompts[0].contains(#""item": "kite-d-1""#), "\(shown)")
        #expect(prompts[1].contains("◂ is told of operation 1") && prompts[1].contains("result {"), "\(shown)")
        #expect(prompts[2].contains("▸ calls desk.Warehouse/reserve"), "\(shown)")
        #expect(prompts[3].contains("▸ calls desk.Orders/record"), "\(shown)")
        let all = try await Wasmesh.run(
            onTerminal: ["workflows", "replay", "desk.Orders", "d-1", "--step", "--from", "3"], in: mesh.directory,
            typed: String(repeating: "\n", count: 30))
        #expect(all.exit == 0 && all.out.contains("agrees"), "\(all)")
    }

    @Test func `a replay agrees with what is deployed, and a change of the code is found before it does harm`()
        async throws
    {
        let mesh = try await Self.desk.mesh()
        try await startWaiting(mesh, "p-1")
        let replay = try await mesh.wasmesh("workflows", "replay", "desk.Orders", "p-1")
        #expect(replay.exit == 0 && replay.out.contains("agrees"), "\(replay)")
        #expect(replay.out.contains("calls desk.Warehouse/reserve"), "\(replay)")
        let there = try await mesh.wasmesh("workflows", "upgrade", "desk.Orders", "p-1")
        #expect(there.exit == 0, "\(there)")
        // It takes the state down before it reserves.
        let changed = try Self.desk.changedProject(
            "Orders.swift", "        do throws(MeshError) {\n            try mesh.saga",
            "        try mesh.call(Orders.record(order: order))\n        do throws(MeshError) {\n            try mesh.saga"
        )
        let built = try await Wasmesh.run(["build"], in: changed)
        #expect(built.exit == 0, "\(built)")
        let package = changed + "/.wasmesh/build/order-desk.wasm"
        let differs = try await mesh.wasmesh("workflows", "replay", "desk.Orders", "p-1", "--package", package)
        #expect(differs.exit == 1 && differs.out.contains("differs at step 1"), "\(differs)")
        let refused = try await mesh.wasmesh("deploy", package)
        #expect(refused.exit == 4, "\(refused)")
        #expect(refused.error.contains("p-1: step 1"), "\(refused)")
        let forced = try await mesh.wasmesh("deploy", package, "--force")
        #expect(forced.exit == 0 && forced.out.contains("would break"), "\(forced)")
        // It stays on its version, and finishes there.
        let upgrade = try await mesh.wasmesh("workflows", "upgrade", "desk.Orders", "p-1")
        #expect(upgrade.exit != 0 && upgrade.error.contains("step 1"), "\(upgrade)")
        #expect(upgrade.error.contains("stays on its package"), "\(upgrade)")
        _ = try await mesh.wasmesh("workflows", "signal", "desk.Orders/approve", "p-1", #"{"by": "ann"}"#)
        try await eventually("p-1 to finish on its own version", within: .seconds(60)) {
            try await status(mesh, "p-1") == "completed"
        }
    }
}

/// Schedules, which the mesh calls by itself; here an operator does it.
@Suite struct SchedulesTests {
    @Test func `a schedule is taken up, paused, triggered and resumed`() async throws {
        let parent = try scratchDirectory("tick")
        _ = try await Wasmesh.run(["init", "tick"], in: parent)
        let project = parent + "/tick"
        let sources = project + "/Sources/Tick"
        for file in try FileManager.default.contentsOfDirectory(atPath: sources) where file.hasSuffix(".swift") {
            try FileManager.default.removeItem(atPath: sources + "/" + file)
        }
        try """
        @mesh(namespace: "tick", version: "1.0.0")
        service Nightly {
          @workflow @schedule(cron: "0 3 * * *", timezone: "Europe/Berlin")
          tidy: Int!
        }
        """.write(toFile: project + "/tick.mesh.graphql", atomically: true, encoding: .utf8)
        try """
        import Mesh

        struct Nightly: NightlyService {
            func tidy(mesh: NightlyWorkflow) throws(MeshError) -> Int { 7 }
        }
        """.write(toFile: sources + "/Nightly.swift", atomically: true, encoding: .utf8)
        let mesh = try await DevelopmentProcess(in: project, ["--no-watch"])
        try await eventually("the schedule to be taken up", within: .seconds(30)) {
            try await mesh.wasmesh("schedules", "list").out.contains("Europe/Berlin")
        }
        let paused = try await mesh.wasmesh("schedules", "pause", "tick.Nightly/tidy")
        #expect(paused.out == "paused tick.Nightly/tidy\n", "\(paused)")
        #expect(try await mesh.sql("select is_paused and next_due is null from mesh.schedule") == "t")
        let triggered = try await mesh.wasmesh("schedules", "trigger", "tick.Nightly/tidy")
        #expect(triggered.out == "triggered tick.Nightly/tidy\n", "\(triggered)")
        try await eventually("what it started to be done", within: .seconds(30)) {
            try await mesh.sql("select result from mesh.workflow where status = 'completed'").contains("7")
        }
        let resumed = try await mesh.wasmesh("schedules", "resume", "tick.Nightly/tidy")
        #expect(resumed.exit == 0, "\(resumed)")
        #expect(try await mesh.sql("select not is_paused and next_due > now() and fired = 1 from mesh.schedule") == "t")
    }
}
