import Testing

@testable import Mesh

extension RunningWorkflows {
    private func child(_ id: String) -> Call<Int> {
        Call<Int>("t.S/run", ["id": .string(id)] as JSONValue, value: Int.self)
    }

    /// What `w` does; all others end at once.
    private func sending(_ body: @escaping (Context) throws(MeshError) -> Void) {
        Module.body = { mesh throws(MeshError) in
            if mesh.key == "w" { try body(mesh) }
            return 1
        }
    }

    @Test func `a workflow that is sent for later begins at its time and not before, though its sender has ended`()
        throws
    {
        let child = child("child")
        sending { mesh in mesh.send(child, after: .hours(2)) }
        let start = test.now
        #expect(try test.run(run) == 1)
        #expect(test.now == start && test.ids == ["w"])
        try test.advance(by: .hours(2) - .milliseconds(1))
        #expect(test.ids == ["w"])
        try test.advance(by: .milliseconds(1))
        #expect(test.ids == ["child", "w"])
        #expect(test.journal(of: "child").map(\.at) == [start + .hours(2), start + .hours(2)])
    }

    @Test func `a signal that is sent for later comes at its time`() throws {
        let poke = poke
        Module.body = { mesh throws(MeshError) in
            let start = mesh.now
            mesh.send(poke, at: start + .days(3))
            try mesh.receive(Signal<Context, JSONValue>("poke"))
            return mesh.now == start + .days(3) ? 1 : 0
        }
        #expect(try test.run(run) == 1)
        #expect(test.journal(of: "w").map(\.kind) == [.started, .send, .receive, .signal, .completed])
    }

    @Test
    func `calls of different delays come in the order of their times, those of one time in the order of the code`()
        throws
    {
        let delays = [30, 10, 0, 20, 10]
        let calls = delays.indices.map { Call<Void>("other.O/\($0)", NoArguments()) }
        sending { mesh in
            for (call, delay) in zip(calls, delays) { mesh.send(call, after: .seconds(delay)) }
        }
        #expect(try test.run(run) == 1)
        #expect(test.unanswered.map(\.target) == ["other.O/2"])
        try test.advance(by: .minutes(1))
        #expect(test.unanswered.map(\.target) == [2, 1, 4, 3, 0].map { "other.O/\($0)" })
        #expect(test.unanswered.map(\.after) == [0, 10, 10, 20, 30].map { .seconds($0) })
    }

    @Test func `a script answers what is sent for later when it comes`() throws {
        let other = other
        var times: [DateTime] = []
        sending { mesh in mesh.send(other, after: .minutes(5)) }
        #expect(try test.run(run) == 1)
        test.answer("other.O/call") { [test] _ in
            times.append(test.now)
            return 1
        }
        let due = test.now + .minutes(5)
        try test.advance(by: .hours(1))
        #expect(times == [due] && test.unanswered.isEmpty)
    }

    @Test func `a time that has passed is at once`() throws {
        let child = child("child")
        sending { mesh in mesh.send(child, at: mesh.now - .days(1)) }
        #expect(try test.run(run) == 1)
        try test.advance(by: .zero)
        #expect(test.ids == ["child", "w"])
        #expect(test.journal(of: "w").map(\.options) == ["", "", ""])
    }

    @Test func `a handler of the module runs later, and what it sends later comes after that`() throws {
        Module.stepSends = [(poke, .minutes(10))]
        defer { Module.stepSends = [] }
        let step = Call<Int>("t.S/step", NoArguments(), value: Int.self).keyed("another")
        Module.body = { mesh throws(MeshError) in
            let start = mesh.now
            mesh.send(step, after: .minutes(1))
            try mesh.receive(Signal<Context, JSONValue>("poke"))
            return mesh.now == start + .minutes(11) ? 1 : 0
        }
        #expect(try test.run(run) == 1)
    }

    @Test func `a local step and a handler that the test calls send later`() throws {
        Module.stepSends = [(poke, .minutes(10)), (poke, .zero), (poke, .minutes(5))]
        defer { Module.stepSends = [] }
        let step = Call<Int>("t.S/step", NoArguments(), value: Int.self)
        for isLocal in [true, false] {
            Module.body = { mesh throws(MeshError) in
                let start = mesh.now
                if isLocal { try mesh.call(step) }
                var minutes: [Duration] = []
                for _ in 0..<3 {
                    try mesh.receive(Signal<Context, JSONValue>("poke"))
                    minutes.append(mesh.now - start)
                }
                return minutes == [.zero, .minutes(5), .minutes(10)] ? 1 : 0
            }
            let test = WorkflowTest(Module.self)
            try test.start(run)
            if !isLocal { _ = try test.call(step) }
            #expect(try test.result(of: run, key: "w") == 1)
        }
    }

    @Test(arguments: [Duration.zero, .minutes(5)])
    func `what a workflow and its local steps send comes in the order of the code`(delay: Duration) throws {
        Module.stepSends = ["first", "second"].map { (Call<Void>("other.O/\($0) of the step", NoArguments()), delay) }
        defer { Module.stepSends = [] }
        let step = Call<Int>("t.S/step", NoArguments(), value: Int.self)
        let (before, after) = (Call<Void>("other.O/before", NoArguments()), Call<Void>("other.O/after", NoArguments()))
        sending { mesh throws(MeshError) in
            mesh.send(before, after: delay)
            try mesh.call(step)
            mesh.send(after, after: delay)
        }
        #expect(try test.run(run) == 1)
        try test.advance(by: .hours(1))
        #expect(
            test.unanswered.map(\.target)
                == ["before", "first of the step", "second of the step", "after"].map { "other.O/" + $0 })
    }

    @Test func `a replay doesn't compare the delay, and sends once`() throws {
        let other = other
        var delay = 1
        sending { mesh throws(MeshError) in
            mesh.send(other, after: .seconds(delay))
            delay += 5
            try mesh.sleep(for: .seconds(3))
        }
        #expect(try test.run(run) == 1)
        try test.advance(by: .hours(1))
        #expect(test.unanswered.map(\.after) == [.seconds(1)])
        try test.replay("w", with: Module.self)
    }

    @Test func `a call of more than a century from now fails the run, however long that is`() throws {
        let other = other
        for delay in [.days(36_526), Duration(seconds: .max)] {
            sending { mesh in mesh.send(other, after: delay) }
            let test = WorkflowTest(Module.self)
            let error = #expect(throws: MeshError.self) { try test.run(run) }
            #expect(error?.code == "INVALID_REQUEST")
            #expect(error?.message.hasPrefix("a call is delivered within 100 years, and this one after ") == true)
            #expect(test.journal(of: "w").map(\.kind) == [.started, .failed] && test.unanswered.isEmpty)
        }
    }
}
