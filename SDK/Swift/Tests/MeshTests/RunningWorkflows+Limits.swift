import Testing

@testable import Mesh

extension RunningWorkflows {
    private var send: Call<Void> { Call<Void>("other.O/send", NoArguments()) }
    private var step: Call<Int> { Call<Int>("t.S/step", NoArguments(), value: Int.self) }

    @Test func `a journal is as long as in the mesh, and then its run fails`() {
        let send = send
        let error = error { mesh throws(MeshError) in
            while true { mesh.send(send) }
        }
        #expect(error?.code == "RESOURCE_EXHAUSTED")
        #expect(
            error?.message
                == "the journal of run 1 has 50000 entries, which is the limit; end a run in time with continueAsNew")
        // What was done before counts.
        #expect(test.unanswered.count == 49_999)
    }

    @Test func `time doesn't go back`() throws {
        let began = test.now
        let error = #expect(throws: MeshError.self) { try test.advance(by: .seconds(-1)) }
        #expect(error?.code == "INVALID_REQUEST" && test.now == began)
    }

    @Test func `waits of more than a century and options out of bounds are refused, and may be caught`() throws {
        let long = Duration.days(365 * 150)
        let (other, far) = (other, try #require(DateTime("9999-01-01T00:00:00Z")))
        var (codes, messages): ([String], [String]) = ([], [])
        Module.body = { mesh throws(MeshError) in
            (codes, messages) = ([], [])
            for attempt in 0..<5 {
                do throws(MeshError) {
                    switch attempt {
                    case 0: try mesh.sleep(until: far)
                    case 1: try mesh.sleep(for: long)
                    case 2: _ = try mesh.call(other, timeout: long)
                    case 3: _ = try mesh.call(other, retries: 2_000_000)
                    default: _ = try mesh.call(other, retries: -1)
                    }
                } catch {
                    codes.append(error.code)
                    messages.append(error.message)
                }
            }
            try mesh.sleep(for: .seconds(1))
            return codes.count
        }
        #expect(try test.run(run) == 5)
        #expect(codes.allSatisfy { $0 == "INVALID_REQUEST" }, "\(codes)")
        let timer = "; to wait without an end, receive a signal"
        #expect(
            messages[0].hasPrefix("a timer is due within 100 years, and this one after ")
                && messages[0].hasSuffix(timer))
        #expect(messages[1] == "a timer is due within 100 years, and this one after 54750 days" + timer)
        #expect(messages[2] == "the timeout of a call is at most 100 years; leave it out to wait without an end")
    }

    @Test func `a workflow that begins anew without an end is told from one that takes its time`() throws {
        let run = run
        let endless = error { mesh throws(MeshError) in try mesh.continueAsNew(run) }
        #expect(endless?.code == "ENDLESS")
        #expect(
            endless?.message.contains(#"the workflow t.S "w" has begun 1000 new runs"#) == true,
            "\(endless?.message ?? "")")
        #expect(throws: MeshError.self) { try test.advance(by: .seconds(1)) }
        for (runs, wait) in [(1_000, Duration.zero), (2_500, .seconds(1))] {
            Module.body = { mesh throws(MeshError) in
                if wait > .zero { try mesh.sleep(for: wait) }
                if mesh.run < runs { try mesh.continueAsNew(run) }
                return mesh.run
            }
            #expect(try WorkflowTest(Module.self).run(run) == runs)
        }
    }

    @Test func `a local step is one entry of a journal, a new run begins an empty one`() throws {
        let (step, run) = (step, run)
        Module.body = { mesh throws(MeshError) in
            for _ in 0..<26_000 { try mesh.call(step) }
            if mesh.run < 2 { try mesh.continueAsNew(run) }
            return mesh.run
        }
        #expect(try test.run(run) == 2)
    }

    @Test func `near the end of a journal calls aren't tried again`() {
        test.fail("other.O/call", with: .unavailable("busy"))
        let (send, other) = (send, other)
        let error = error { mesh throws(MeshError) in
            for _ in 0..<45_000 { mesh.send(send) }
            return try mesh.call(other, retries: 5)
        }
        #expect(error?.code == "PROVIDER_UNAVAILABLE")
        #expect(test.journal(of: "w").contains { $0.kind == .retried } == false)
    }

    @Test func `so many operations are open as in the mesh, and the next is refused in each replay`() throws {
        test.ignore("other.O/call")
        let other = other
        Module.body = { mesh throws(MeshError) in
            var begun = 0
            var refusal = ""
            while refusal.isEmpty {
                do throws(MeshError) {
                    _ = try mesh.start(other)
                    begun += 1
                } catch {
                    refusal = error.code + ": " + error.message
                }
            }
            guard refusal == "RESOURCE_EXHAUSTED: 20000 operations are open; that is the limit" else {
                throw MeshError("OTHER", refusal)
            }
            let pending = try mesh.start(other)
            return pending.isDone ? 0 : begun
        }
        // The call after the refused one is refused, too.
        let error = #expect(throws: MeshError.self) { try test.run(run) }
        #expect(error?.message == "20000 operations are open; that is the limit")
        #expect(test.journal(of: "w").filter { $0.kind == .call && $0.error == nil }.count == 20_000)
    }

    @Test func `what was refused is refused again when there is room`() throws {
        test.answer("other.O/call", after: .seconds(1)) { _ in 1 }
        let other = other
        Module.body = { mesh throws(MeshError) in
            let first = try mesh.start(other)
            for _ in 1..<20_000 { _ = try mesh.start(other) }
            var refusals = 0
            do throws(MeshError) {
                try mesh.sleep(for: .seconds(5))
            } catch {
                refusals += 1
            }
            _ = try first.value()
            try mesh.sleep(for: .seconds(1))
            return refusals
        }
        #expect(try test.run(run) == 1)
    }

    @Test func `so many signals come early as in the mesh`() throws {
        for _ in 0..<1_000 { test.signal(poke, after: .seconds(1)) }
        Module.body = { mesh throws(MeshError) in
            try mesh.sleep(for: .seconds(2))
            for _ in 0..<1_000 { _ = try mesh.receive(Signal<Context, JSONValue>("poke")) }
            return 1
        }
        #expect(try test.run(run) == 1)
    }

    @Test func `the next early signal is refused`() {
        for _ in 0..<1_001 { test.signal(poke, after: .seconds(1)) }
        let error = error { mesh throws(MeshError) in
            try mesh.sleep(for: .seconds(2))
            return 1
        }
        #expect(error?.code == "RESOURCE_EXHAUSTED")
        #expect(error?.message == #"1000 signals wait for the workflow t.S "w" to receive them; that is the limit"#)
    }

    @Test func `so many senders wait for answers as in the mesh, and who was answered makes room`() throws {
        Module.body = { mesh throws(MeshError) in
            var requests: [Request<JSONValue, Int>] = []
            for _ in 0..<600 { requests.append(try mesh.receive(Self.ask)) }
            try mesh.sleep(for: .seconds(5))
            for _ in 0..<400 { requests.append(try mesh.receive(Self.ask)) }
            for request in requests.prefix(3) { try request.reply(0) }
            try mesh.sleep(for: .seconds(5))
            for request in requests.dropFirst(3) { try request.reply(1) }
            for _ in 0..<3 { try mesh.receive(Self.ask).reply(2) }
            return 1
        }
        var replies = (0..<600).map { _ in test.signal(asking(""), after: .seconds(1)) }
        replies += (0..<402).map { _ in test.signal(asking(""), after: .seconds(2)) }
        replies += (0..<4).map { _ in test.signal(asking(""), after: .seconds(8)) }
        #expect(try test.run(run) == 1)
        for place in [1_000, 1_001, 1_005] {
            let error = refusal(replies[place])
            #expect(error?.isRetryable == true)
            #expect(
                error?.description
                    == #"RESOURCE_EXHAUSTED: 1000 senders of signals wait for answers of the workflow t.S "w"; that is the limit"#
            )
        }
        let answers = try [0, 3, 999, 1_002, 1_004].map { try replies[$0].answer() }
        #expect(answers == [0, 1, 1, 2, 2])
    }

    @Test func `so many callers wait for one workflow as in the mesh`() throws {
        let child = Call<Int>("t.T/run", ["id": "c"] as JSONValue, value: Int.self)
        Module.body = { mesh throws(MeshError) in
            if mesh.key == "c" {
                try mesh.sleep(for: .seconds(1))
                return 1
            }
            var calls: [Pending<Int>] = []
            for _ in 0..<1_002 { calls.append(try mesh.start(child)) }
            return try mesh.all(calls).count
        }
        let error = #expect(throws: MeshError.self) { try test.run(run) }
        #expect(error?.code == "RESOURCE_EXHAUSTED")
        #expect(error?.message == #"1000 callers wait for t.T "c" already"#)
    }

    @Test func `so many groups are made as in the mesh`() {
        let error = error { mesh throws(MeshError) in
            while true { try mesh.group(of: Int.self) { _ throws(MeshError) in } }
        }
        #expect(error?.code == "RESOURCE_EXHAUSTED")
        #expect(error?.message == "20000 groups were made; that is the limit of a run")
    }
}
