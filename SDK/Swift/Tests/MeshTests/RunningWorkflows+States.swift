import Testing

@testable import Mesh

extension RunningWorkflows {
    @Test func `a workflow that can't read its state stops there, and doesn't overwrite it`() throws {
        test.setState(of: "t.S", "w", ["a word that only a newer package knows"])
        Module.body = { mesh throws(MeshError) in
            let state = KeyedState<[Int]>(mesh.host)
            state.value = (state.value ?? []) + [1]
            state.save()
            try mesh.sleep(for: .seconds(1))
            return 1
        }
        let error = #expect(throws: MeshError.self) { try test.run(run) }
        #expect(error?.message.contains("the stored state can't be read") == true)
        #expect(try test.state(of: "t.S", "w", as: [String].self) == ["a word that only a newer package knows"])
        #expect(test.journal(of: "w").map(\.kind) == [.started])
        #expect(test.logged.map(\.level) == [.error])
    }
}
