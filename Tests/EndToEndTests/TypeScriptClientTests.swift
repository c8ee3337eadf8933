import Foundation
import TestSupport
import Testing

/// What an application developer does: a module from a running mesh, and a program that calls its services with it.
@Suite struct TypeScriptClientTests {
    private static let node = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: ".native/clients/playwright/driver/node").path

    private static let program = """
        import assert from "node:assert/strict";
        import { Counters, MeshError, emit } from "./probe.ts";

        const mesh = { baseUrl: process.argv[2] as string };
        const counters = new Counters(mesh);
        const key = { idempotencyKey: "ts-once" };
        assert.deepEqual(await counters.add({ id: "ts", by: 3 }, key), { id: "ts", value: 3, heard: 0 });
        assert.deepEqual(await counters.add({ id: "ts", by: 3 }, key), { id: "ts", value: 3, heard: 0 });
        assert.equal(await counters.who(), "nobody");

        const refused = await counters.refuse({ id: "ts" }).catch((error: unknown) => error);
        assert.ok(refused instanceof MeshError && refused.code === "OUT_OF_STOCK", String(refused));
        assert.deepEqual([refused.class, refused.status, refused.details], ["FAILED_PRECONDITION", 400, { id: "ts" }]);
        assert.match(refused.message, /^there is no ts left/);

        const call = await counters.add({ id: "ts", by: 4 }, { respondAsync: true });
        assert.equal((await call.result({ intervalMs: 50 })).value, 7);
        const failing = await counters.refuse({ id: "ts" }, { respondAsync: true });
        await assert.rejects(failing.result({ intervalMs: 50 }), { name: "MeshError", code: "OUT_OF_STOCK", details: { id: "ts" } });

        const event = { id: "ts-heard", value: 5 };
        assert.deepEqual(await emit(mesh, "probe.counted", event, { id: "ts-1" }), { accepted: 1, repeated: 0 });
        assert.deepEqual(await emit(mesh, "probe.counted", event, { id: "ts-1" }), { accepted: 0, repeated: 1 });
        """

    @Test(.enabled(if: FileManager.default.fileExists(atPath: node), "Scripts/clients installs Node"))
    func `a TypeScript program speaks to a running mesh with the module that is rendered of what is deployed`()
        async throws
    {
        let mesh = try await SharedMesh.shared.mesh()
        let module = try await mesh.wasmesh("schema", "render", "--deployed", "probe.Counters", "--to", "typescript")
        try #require(module.exit == 0, "\(module)")
        let folder = try scratchDirectory("typescript")
        try module.out.write(toFile: folder + "/probe.ts", atomically: true, encoding: .utf8)
        try TypeScriptClientTests.program.write(toFile: folder + "/client.ts", atomically: true, encoding: .utf8)
        let run = try await Wasmesh.run(
            ["--no-warnings", "client.ts", mesh.router], in: folder, executable: TypeScriptClientTests.node)
        #expect(run.exit == 0, "\(run)")
        let state: String = try await eventually("the event is heard", within: .seconds(30)) {
            let answer = try await mesh.wasmesh("state", "probe.Listeners", "ts-heard", "--json")
            return answer.exit == 0 ? answer.out : nil
        }
        #expect(state.contains(#""sum":5,"times":1"#), "\(state)")
    }
}
