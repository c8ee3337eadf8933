import Testing

@testable import Mesh

/// Signals with an answer: what becomes of their senders where the code goes another way.
extension RunningWorkflows {
    private static let ended = MeshError.failedPrecondition("the workflow t.S \"w\" ended without an answer to `ask`")

    @Test func `who isn't answered before the end is told so, however it comes`() throws {
        for place in 0..<3 {
            let test = WorkflowTest(Module.self)
            Module.body = { mesh throws(MeshError) in
                _ = try mesh.receive(Self.ask)
                try mesh.sleep(for: .seconds(5))
                switch place {
                case 0: return 1
                case 1: throw MeshError("NO", "no")
                default: try mesh.sleep(for: .days(1))
                }
                return 1
            }
            let (told, early) = (
                test.signal(asking(""), after: .seconds(1)), test.signal(asking(""), after: .seconds(2))
            )
            test.cancel("w", after: .minutes(1))
            _ = try? test.run(run)
            #expect(!test.isRunning("w"))
            #expect(refusal(told) == Self.ended)
            #expect(refusal(early) == Self.ended)
        }
    }

    @Test func `who asks a workflow that its parent ends is told so`() throws {
        let child = Call<Int>("t.S/run", ["id": "child"] as JSONValue, value: Int.self)
        Module.body = { mesh throws(MeshError) in
            if mesh.key == "child" {
                _ = try mesh.receive(Self.ask)
                try mesh.sleep(for: .days(1))
                return 0
            }
            _ = try mesh.start(child, parentClose: .terminate)
            try mesh.sleep(for: .seconds(5))
            return 1
        }
        let reply = test.signal(asking("", of: "child"), after: .seconds(1))
        #expect(try test.run(run) == 1)
        #expect(refusal(reply)?.message == "the workflow t.S \"child\" ended without an answer to `ask`")
    }

    @Test func `who is answered before the end hears nothing of it`() throws {
        Module.body = { mesh throws(MeshError) in
            try mesh.receive(Self.ask).reply(1)
            _ = try mesh.receive(Self.ask)
            return 1
        }
        let replies = [test.signal(asking("")), test.signal(asking(""))]
        #expect(try test.run(run) == 1)
        #expect(try replies[0].answer() == 1)
        #expect(refusal(replies[1]) == Self.ended)
    }

    @Test func `a run that continues as new tells who it has heard, and takes the others along`() throws {
        let next = run
        Module.body = { mesh throws(MeshError) in
            if mesh.run == 2 {
                for _ in 0..<2 {
                    let request = try mesh.receive(Self.ask)
                    try request.reply(Self.length(request) * 10)
                }
                return 1
            }
            try mesh.receive(Self.ask).reply(0)
            _ = try mesh.receive(Self.ask)
            // Has got one of which the code doesn't know.
            _ = try mesh.expect(Self.ask)
            try mesh.sleep(for: .seconds(5))
            try mesh.continueAsNew(next)
        }
        let replies = ["a", "ab", "abc", "abcd"].map { test.signal(asking($0), after: .seconds(1)) }
        #expect(try test.run(run) == 1)
        #expect(try replies[0].answer() == 0)
        let error = refusal(replies[1])
        #expect(error == .failedPrecondition("the workflow t.S \"w\" began another run without an answer to `ask`"))
        #expect(try replies[2].answer() == 30)
        #expect(try replies[3].answer() == 40)
    }

    @Test func `a workflow that is stuck leaves its senders waiting`() throws {
        var count = 0
        let reply = test.signal(asking(""))
        let error = error { mesh throws(MeshError) in
            count += 1
            _ = try mesh.receive(Self.ask)
            try mesh.sleep(for: .seconds(count))
            return 1
        }
        #expect(error?.code == "NONDETERMINISM" && !reply.isDone)
    }

    @Test func `an inlet of requests answers each of its own`() throws {
        Module.body = { mesh throws(MeshError) in
            let questions = try mesh.inlet(Self.ask, closedBy: Signal<Context, JSONValue>("poke"))
            var open: [Request<JSONValue, Int>] = []
            while let request = try questions.next() { open.append(request) }
            for request in open.reversed() { try request.reply(Self.length(request)) }
            let more = mesh.inlet(Self.ask)
            guard try more.next(timeout: .seconds(1)) == nil else { return -1 }
            try more.next()?.reply(77)
            return open.count
        }
        let replies = ["a", "ab", "abc"].map { test.signal(asking($0)) }
        test.signal(poke, after: .seconds(1))
        let late = test.signal(asking(""), after: .seconds(9))
        #expect(try test.run(run) == 3)
        #expect(try replies.map { try $0.answer() } == [1, 2, 3])
        #expect(try late.answer() == 77)
    }

    @Test func `a receive that gives up leaves the signal and its sender to the next one`() throws {
        test.answer("other.O/call", after: .seconds(2)) { _ in 1 }
        Module.body = { [other] mesh throws(MeshError) in
            guard try mesh.receive(Self.ask, timeout: .seconds(1)) == nil else { return -1 }
            // The signal comes meanwhile, and the code doesn't hear of it.
            let given = try mesh.expect(Self.ask)
            try mesh.call(other)
            given.cancel()
            guard let request = try mesh.receive(Self.ask, timeout: .seconds(1)) else { return -2 }
            try request.reply(Self.length(request))
            return 1
        }
        let reply = test.signal(asking("four"), after: .seconds(2))
        #expect(try test.run(run) == 1)
        #expect(try reply.answer() == 4)
        let entry = test.journal(of: "w").first { $0.kind == .reply }
        #expect(entry?.operation == 5)
    }

    @Test func `another answer than the recorded one is a difference`() throws {
        func answers(
            _ answer: @escaping (Request<JSONValue, Int>, Request<JSONValue, Int>) throws(MeshError) -> Void
        ) -> (Context) throws(MeshError) -> Int {
            { mesh throws(MeshError) in
                try answer(try mesh.receive(Self.ask), try mesh.receive(Self.ask))
                try mesh.sleep(for: .seconds(1))
                return 1
            }
        }
        func difference(_ body: @escaping (Context) throws(MeshError) -> Int) throws -> String? {
            Module.body = body
            do throws(MeshError) { try test.replay("w", with: Module.self) } catch {
                #expect(error.code == "NONDETERMINISM")
                return error.message
            }
            return nil
        }
        let first = answers { first, _ throws(MeshError) in try first.reply(1) }
        Module.body = first
        for _ in 0..<2 { test.signal(asking("")) }
        #expect(try test.run(run) == 1)
        #expect(try difference(first) == nil)
        let recorded = #"entry 6 of w is `reply ask {"value":1}`, and the code did `"#
        #expect(
            try difference(answers { first, _ throws(MeshError) in try first.reply(2) })
                == recorded + #"reply ask of operation 1 with {"value":2}`"#)
        #expect(
            try difference(answers { _, second throws(MeshError) in try second.reply(1) })
                == recorded + #"reply ask of operation 2 with {"value":1}`"#)
        #expect(
            try difference(
                answers { first, _ throws(MeshError) in
                    try first.host.answer(1, isError: true, Array(#"{"value":1}"#.utf8))
                }) == recorded + #"reply ask of operation 1 with the error {"value":1}`"#)
        #expect(
            try difference(answers { _, _ throws(MeshError) in }) == recorded + "timer  1000000`")
    }

    @Test func `an answer is given once, wherever the worker crashes`() throws {
        func outcome(_ crashes: Set<Int>) throws -> (answers: [Int], journal: [String], places: Int) {
            let test = WorkflowTest(Module.self)
            var told = 0
            test.crashes = crashes
            Module.body = { mesh throws(MeshError) in
                for _ in 0..<3 {
                    let request = try mesh.receive(Self.ask)
                    try mesh.sleep(for: .seconds(Self.length(request)))
                    try request.reply(Self.length(request))
                }
                told += 1
                return 1
            }
            let replies = ["abc", "a", "ab"].map { test.signal(asking($0), after: .seconds(1)) }
            _ = try test.run(run)
            return (
                try replies.map { try $0.answer() }, test.journal(of: "w").map(\.description), test.operationCount
            )
        }
        let calm = try outcome([])
        #expect(calm.answers == [3, 1, 2])
        for place in 1...calm.places {
            let crashed = try outcome([place, place + 2])
            #expect(crashed.answers == calm.answers && crashed.journal == calm.journal, "a crash at \(place)")
        }
    }
}
