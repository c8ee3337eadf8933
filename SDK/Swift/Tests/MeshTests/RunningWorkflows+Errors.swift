import Testing

@testable import Mesh

/// What becomes of an error on its way from the callee to the caller; docs/errors.md says it of the mesh.
extension RunningWorkflows {
    /// An error as it is thrown, and what the caller gets; nil where the mesh doesn't take it.
    private static let cases: [(thrown: MeshError, gets: MeshError?)] = [
        (MeshError("OUT", "x"), MeshError("OUT", "x", errorClass: "FAILED_PRECONDITION")),
        (MeshError("OUT", "x", errorClass: "CONFLICT"), MeshError("OUT", "x", errorClass: "CONFLICT")),
        (.conflict("x"), .conflict("x")),
        // A code of the mesh's own is its own class.
        (MeshError("CONFLICT", "x", errorClass: "NOT_FOUND"), .conflict("x")),
        (MeshError("OUT", "x", isRetryable: true, errorClass: "WHAT"), nil), (MeshError("", "x"), nil),
        (MeshError(String(repeating: "C", count: 101), "x"), nil),
    ]

    /// The error that `call` ends with; the code runs again over its journal before it looks.
    private func outcome(of call: Call<Int>, key: String? = nil, in test: WorkflowTest) throws -> MeshError? {
        var outcome: MeshError?
        Module.body = { mesh throws(MeshError) in
            let pending = try mesh.start(call, key: key)
            try mesh.sleep(for: .seconds(1))
            do throws(MeshError) { return try pending.value() } catch { outcome = error }
            return 0
        }
        _ = try test.run(run)
        return outcome
    }

    private func expect(_ error: MeshError?, _ gets: MeshError?, _ place: String) {
        guard let gets else {
            #expect(error?.code == "INTERNAL_ERROR" && error?.errorClass == nil, "\(place): \(error as Any)")
            #expect(error?.message.hasPrefix("fail: ") == true && error?.isRetryable == false, "\(place)")
            return
        }
        #expect(error == gets, "\(place)")
    }

    @Test func `a caller gets a callee's error with its class, and none that the mesh doesn't take`() throws {
        let step = Call<Int>("t.S/step", NoArguments(), value: Int.self)
        defer { (Module.stepFailures, Module.stepError) = (0, .unavailable("not now")) }
        for (thrown, gets) in Self.cases {
            (Module.stepFailures, Module.stepError) = (100, thrown)
            expect(try outcome(of: step, in: WorkflowTest(Module.self)), gets, "a local step")
            expect(try outcome(of: step, key: "elsewhere", in: WorkflowTest(Module.self)), gets, "a call")
            let asked = #expect(throws: MeshError.self) { try WorkflowTest(Module.self).call(step) }
            expect(asked, gets, "a test's call")
            let scripted = WorkflowTest(Module.self)
            scripted.fail("other.O/call", with: thrown)
            expect(try outcome(of: other, in: scripted), gets, "a script")
        }
    }

    @Test func `a workflow's error has its class, and one that the mesh doesn't take leaves it stuck`() throws {
        let child = Call<Int>("t.T/run", ["id": "c"] as JSONValue, value: Int.self)
        for (thrown, gets) in Self.cases {
            Module.body = { mesh throws(MeshError) in throw thrown }
            let test = WorkflowTest(Module.self)
            expect(#expect(throws: MeshError.self) { try test.run(run) }, gets, "a workflow")
            #expect(test.journal(of: "w").map(\.kind) == (gets == nil ? [.started] : [.started, .failed]))
            guard let gets else { continue }
            var caught: MeshError?
            Module.body = { mesh throws(MeshError) in
                if mesh.key == "c" { throw thrown }
                do throws(MeshError) { return try mesh.call(child) } catch { caught = error }
                return 0
            }
            _ = try WorkflowTest(Module.self).run(run)
            #expect(caught == gets)
        }
    }

    @Test func `what is given up is cancelled with its class too`() throws {
        let other = other
        test.ignore("other.O/call")
        var caught: MeshError?
        Module.body = { mesh throws(MeshError) in
            let pending = try mesh.start(other)
            pending.cancel()
            do throws(MeshError) { return try pending.value() } catch { caught = error }
            return 0
        }
        _ = try test.run(run)
        #expect(caught?.isCancelled == true && caught?.errorClass == "FAILED_PRECONDITION")
    }
}
