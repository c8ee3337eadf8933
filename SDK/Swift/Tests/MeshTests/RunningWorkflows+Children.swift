import Testing

@testable import Mesh

/// What the mesh does about child workflows and calls that are given up, the test kit does as well. Its time skips: `mesh.sleep` takes none.
extension RunningWorkflows {
    private static func child(_ id: String = "child") -> Call<Int> {
        Call<Int>("t.S/run", ["id": .string(id)] as JSONValue, value: Int.self)
    }

    @Test func `a child whose time is over is asked to end at once`() throws {
        Module.body = { mesh throws(MeshError) in
            if mesh.key == "child" {
                do throws(MeshError) { try mesh.sleep(for: .hours(1)) } catch { return 0 }
                mesh.host.emit("late", Array("{}".utf8))
                return 1
            }
            do throws(MeshError) { _ = try mesh.call(Self.child(), timeout: .seconds(5)) } catch {
                guard error.code == "DEADLINE_EXCEEDED" else { throw error }
            }
            try mesh.sleep(for: .hours(2))
            return 2
        }
        #expect(try test.run(run) == 2)
        #expect(test.emitted.isEmpty)
        #expect(test.journal(of: "child").map(\.kind) == [.started, .timer, .cancelRequested, .completed])
    }

    @Test func `a child whose time is over learns that its caller's deadline passed, also where there was none`() throws
    {
        for timeout in [Duration.seconds(5), .zero, .seconds(-1)] {
            var reasons: [String?] = []
            Module.body = { mesh throws(MeshError) in
                if mesh.key == "child" {
                    do throws(MeshError) { try mesh.sleep(for: .hours(1)) } catch { reasons.append(mesh.cancelReason) }
                    return 0
                }
                do throws(MeshError) { return try mesh.call(Self.child(), timeout: timeout) } catch {
                    try mesh.sleep(for: .hours(2))
                    return error.code == "DEADLINE_EXCEEDED" ? 1 : 0
                }
            }
            #expect(try WorkflowTest(Module.self).run(run) == 1)
            #expect(reasons == ["the deadline of its caller passed"], "\(timeout)")
        }
    }

    @Test func `a call is for nobody whose time is over: not at the first attempt, and not at the next`() throws {
        let (other, step) = (other, Call<Int>("t.S/step", NoArguments(), value: Int.self))
        defer { Module.stepFailures = 0 }
        for (timeout, runs) in [(Duration.zero, 0), (.seconds(-5), 0), (.milliseconds(50), 1)] {
            Module.stepFailures = 3
            var answers = 0
            let test = WorkflowTest(Module.self)
            test.answer("other.O/call") { _ in
                answers += 1
                return 1
            }
            Module.body = { mesh throws(MeshError) in
                var late = 0
                do throws(MeshError) { _ = try mesh.call(step, key: "elsewhere", timeout: timeout) } catch {
                    late += error.code == "DEADLINE_EXCEEDED" ? 1 : 0
                }
                do throws(MeshError) { _ = try mesh.call(other, timeout: timeout) } catch {
                    late += error.code == "DEADLINE_EXCEEDED" ? 1 : 0
                }
                try mesh.sleep(for: .hours(1))
                return late
            }
            #expect(try test.run(run) == 2 - runs)
            #expect(Module.stepFailures == 3 - runs && answers == runs, "\(timeout)")
        }
    }

    @Test func `a child that may go on after its time does`() throws {
        Module.body = { mesh throws(MeshError) in
            if mesh.key == "child" {
                try mesh.sleep(for: .hours(1))
                return 1
            }
            let child = try mesh.start(Self.child(), timeout: .seconds(5), parentClose: .abandon)
            do throws(MeshError) { _ = try child.value() } catch { try mesh.sleep(for: .hours(2)) }
            return 2
        }
        #expect(try test.run(run) == 2)
        #expect(test.journal(of: "child").map(\.kind) == [.started, .timer, .fired, .completed])
    }

    @Test func `who has only joined a workflow gives up its own call, and not the workflow`() throws {
        Module.body = { mesh throws(MeshError) in
            switch mesh.key {
            case "child":
                try mesh.sleep(for: .hours(1))
                return 7
            case "joins":
                let joined = try mesh.start(Self.child())
                joined.cancel()
                do throws(MeshError) { return try joined.value() } catch { return error.isCancelled ? 5 : -1 }
            case "ends":
                _ = try mesh.start(Self.child(), parentClose: .terminate)
                return 6
            default: return try mesh.call(Self.child())
            }
        }
        try test.start(run)
        #expect(try test.run(Self.child("joins")) == 5)
        #expect(try test.run(Self.child("ends")) == 6)
        #expect(try test.result(of: run, key: "w") == 7)
    }

    @Test func `a child that is given up as soon as it is called begins, hears of it, and may clean up`() throws {
        Module.body = { mesh throws(MeshError) in
            if mesh.key == "child" {
                do throws(MeshError) { try mesh.sleep(for: .hours(1)) } catch {
                    mesh.host.emit("cleaned", Array(#"{"reason":"\#(error.message)"}"#.utf8))
                }
                return 7
            }
            let child = try mesh.start(Self.child())
            child.cancel()
            return try child.value()
        }
        #expect(try test.run(run) == 7)
        #expect(test.journal(of: "child").map(\.kind) == [.started, .cancelRequested, .timer, .emit, .completed])
        #expect(test.emitted.map(\.json) == [#"{"reason":"its parent gave it up"}"#])
    }

    @Test func `a handler that nobody waits for is tried again`() throws {
        let step = Call<Int>("t.S/step", NoArguments(), value: Int.self)
        for isDetached in [false, true] {
            Module.stepFailures = 2
            Module.body = { mesh throws(MeshError) in
                if isDetached { try mesh.detach(step) } else { mesh.send(step) }
                try mesh.sleep(for: .seconds(20))
                return Module.stepFailures
            }
            let test = WorkflowTest(Module.self)
            #expect(try test.run(run) == 0)
            #expect(test.logged.isEmpty)
        }
    }

    @Test func `a step that a script answers for is tried again as the step is`() throws {
        test.fail("t.S/step", with: .unavailable("x"), times: 2)
        Module.body = { mesh throws(MeshError) in
            try mesh.call(Call<Int>("t.S/step", NoArguments(), value: Int.self))
        }
        #expect(try test.run(run) == 1)
    }

    @Test func `a test's call says how a workflow and a signal are reached`() {
        for (call, word) in [(run.target, "`run`"), (poke.target, "`signal`")] {
            let error = #expect(throws: MeshError.self) {
                try test.call(Call<Void>(call, ["id": "w"] as JSONValue))
            }
            #expect(error?.code == "INVALID_REQUEST" && error?.message.contains(word) == true)
        }
    }

    @Test func `a workflow that calls itself is refused, as it would wait for ever`() {
        let error = error { mesh throws(MeshError) in
            do throws(MeshError) { return try mesh.call(Self.child("w")) } catch {
                try mesh.sleep(for: .seconds(1))
                throw error
            }
        }
        #expect(error?.code == "PERMISSION_DENIED")
        #expect(error?.message == #"the workflow t.S "w" can't wait for itself; give the child a key of its own"#)
        #expect(test.journal(of: "w").map(\.kind) == [.started, .call, .timer, .fired, .failed])
    }

    @Test func `a child that has failed isn't called again, whatever retries its call has`() throws {
        Module.body = { mesh throws(MeshError) in
            if mesh.key == "child" { throw .unavailable("not now") }
            return try mesh.call(Self.child(), retries: 5)
        }
        let error = #expect(throws: MeshError.self) { try test.run(run) }
        #expect(error?.code == "PROVIDER_UNAVAILABLE")
        #expect(test.journal(of: "w").map(\.kind) == [.started, .call, .failed, .failed])
    }

    @Test func `a workflow that has continued as new is joined by the input with which it began`() throws {
        let other = Call<Int>("t.S/run", ["id": "w", "again": true] as JSONValue, value: Int.self)
        Module.body = { mesh throws(MeshError) in
            if mesh.run == 1 { try mesh.continueAsNew(other) }
            try mesh.sleep(for: .hours(1))
            return mesh.run
        }
        try test.start(run)
        #expect(try test.run(run) == 2)
        let error = #expect(throws: MeshError.self) { try test.start(other) }
        #expect(error?.code == "CONFLICT")
    }

    @Test func `a call that is never answered is waited for in vain, whatever time passes`() {
        test.ignore("other.O/call")
        let error = error { mesh throws(MeshError) in
            try mesh.call(Call<Void>("other.O/call", NoArguments()))
            return 1
        }
        #expect(error?.code == "WAITING" && error?.message.contains("call other.O/call") == true)
    }

    @Test
    func `of workflows of several services with one id the one that began first is meant, unless a service is named`()
        throws
    {
        for id in (0..<8).map({ "w\($0)" }) {
            Module.body = { mesh throws(MeshError) in
                if mesh.type == "t.S/run" {
                    let child = Call<Int>("t.T/run", ["id": .string(id)] as JSONValue, value: Int.self)
                    return try mesh.call(child.with(CallOptions(parentClose: .abandon)))
                }
                try mesh.sleep(for: .hours(1))
                return 3
            }
            try test.start(Self.child(id))
            test.cancel(id)
            try test.advance(by: .seconds(1))
            #expect(test.journal(of: id).map(\.kind) == [.started, .call, .cancelRequested, .cancelled])
            #expect(test.journal(of: id, in: "t.T").map(\.kind) == [.started, .timer])
            #expect(!test.isRunning(id, in: "t.S") && test.isRunning(id, in: "t.T") && test.isRunning(id))
            test.cancel(id, in: "t.T")
            try test.advance(by: .seconds(1))
            #expect(!test.isRunning(id))
        }
    }

    @Test func `a local step's time is that of all its attempts`() {
        Module.stepFailures = 100
        defer { Module.stepFailures = 0 }
        let start = test.now
        let error = error { mesh throws(MeshError) in
            let step = Call<Int>("t.S/step", NoArguments(), value: Int.self)
            return try mesh.call(step, retries: 50, timeout: .seconds(10))
        }
        #expect(error?.code == "DEADLINE_EXCEEDED" && test.now == start + .seconds(10))
    }

    @Test func `a handler of the own service that goes its own way is a call`() throws {
        Module.body = { mesh throws(MeshError) in
            try mesh.detach(Call<Int>("t.S/step", NoArguments(), value: Int.self))
            return 1
        }
        #expect(try test.run(run) == 1)
        #expect(test.journal(of: "w").map(\.kind) == [.started, .call, .answered, .completed])
    }
}
