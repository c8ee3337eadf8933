import Testing

@testable import Mesh

extension RunningWorkflows {
    @Test func `the first success is waited for also by a cancelled workflow that cleans up`() throws {
        test.answer("other.O/call", after: .seconds(5)) { _ in 7 }
        test.cancel("w", after: .seconds(1))
        let other = other
        Module.body = { mesh throws(MeshError) in
            do throws(MeshError) {
                try mesh.sleep(for: .seconds(3))
                return 0
            } catch  where error.isCancelled {
                let given = try mesh.start(other)
                given.cancel()
                return try mesh.any([given, try mesh.start(other)])
            }
        }
        #expect(try test.run(run) == 7)
    }

    @Test func `a cancellation that is told meanwhile gives up all of them`() {
        test.ignore("other.O/call")
        test.cancel("w", after: .seconds(1))
        let other = other
        let error = error { mesh throws(MeshError) in try mesh.any([try mesh.start(other), try mesh.start(other)]) }
        #expect(error?.isCancelled == true)
        #expect(test.journal(of: "w").filter { $0.kind == .cancel }.count == 2)
    }
}
