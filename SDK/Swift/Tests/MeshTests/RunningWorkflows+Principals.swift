import Testing

@testable import Mesh

extension RunningWorkflows {
    @Test func `a workflow and its steps know who started it, whoever calls later`() throws {
        let step = Call<Int>("t.S/step", NoArguments(), value: Int.self)
        let ask = Call<Int>("t.S/who", NoArguments(), value: Int.self)
        Module.body = { mesh throws(MeshError) in
            let first = mesh.principal?.name
            try mesh.sleep(for: .seconds(1))
            // A local step, and a handler of another key, which is called and not told.
            let known = try mesh.call(ask)
            let other = try mesh.call(ask, key: "another")
            try mesh.call(step)
            return first == "ada" && mesh.principal?.name == "ada" && known == 3 && other == 0 ? 1 : 0
        }
        test.principal = Principal("ada", roles: ["clerk"])
        try test.start(run)
        test.principal = Principal("grace")
        #expect(try test.result(of: run, key: "w") == 1)
        #expect(try test.call(ask) == 5)
        test.principal = nil
        #expect(try test.call(ask) == 0)
    }
}
