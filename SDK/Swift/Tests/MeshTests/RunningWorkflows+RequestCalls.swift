import Testing

@testable import Mesh

/// Signals with an answer: workflows that send them.
extension RunningWorkflows {
    private static var asked: Call<Int> { Call("t.S/run", ["id": "asked"] as JSONValue, value: Int.self) }

    /// Runs two workflows, of which the one asks the other; and what the first makes of it.
    private func result(
        in test: WorkflowTest, of asker: @escaping (Context) throws(MeshError) -> Int,
        answeredBy answerer: @escaping (Context) throws(MeshError) -> Int
    ) throws -> Int {
        Module.body = { mesh throws(MeshError) in mesh.key == "asked" ? try answerer(mesh) : try asker(mesh) }
        try test.start(Self.asked)
        return try test.run(run)
    }

    @Test func `a workflow that calls another's signal gets the answer of its code`() throws {
        let call = asking("four", of: "asked")
        let result = try result(in: test) { mesh throws(MeshError) in
            let start = mesh.now
            let answer = try mesh.call(call)
            return mesh.now == start + .hours(3) ? answer : -1
        } answeredBy: { mesh throws(MeshError) in
            let request = try mesh.receive(Self.ask)
            try mesh.sleep(for: .hours(3))
            try request.reply(Self.length(request))
            return 0
        }
        #expect(result == 4)
        #expect(
            test.journal(of: "w").map(\.description) == [
                "started t.S/run", "call t.S/ask", "answered t.S/ask", "completed",
            ])
        #expect(test.journal(of: "w")[2].data == #"{"value":4}"#)
    }

    @Test func `a workflow that is refused gets the error, and tries again where that may help`() throws {
        let call = asking("", of: "asked")
        let result = try result(in: test) { mesh throws(MeshError) in
            do throws(MeshError) { try mesh.call(call) } catch {
                guard error.code == "BUSY", error.details?["until"] == "noon" else { return -1 }
            }
            return try mesh.call(call, retries: 2)
        } answeredBy: { mesh throws(MeshError) in
            for _ in 0..<3 {
                try mesh.receive(Self.ask).fail(
                    MeshError("BUSY", "later", isRetryable: true, details: ["until": "noon"]))
            }
            try mesh.receive(Self.ask).reply(8)
            return 0
        }
        #expect(result == 8)
    }

    @Test func `a workflow whose callee ends without an answer gets that as an error`() throws {
        let call = asking("", of: "asked")
        let result = try result(in: test) { mesh throws(MeshError) in
            do throws(MeshError) { return try mesh.call(call) } catch {
                return error.code == "FAILED_PRECONDITION"
                    && error.message.hasSuffix("ended without an answer to `ask`")
                    ? 5 : -1
            }
        } answeredBy: { mesh throws(MeshError) in
            _ = try mesh.receive(Self.ask)
            try mesh.sleep(for: .seconds(1))
            return 0
        }
        #expect(result == 5)
    }

    @Test func `who asks waits no longer than the call's timeout, and a late answer is dropped`() throws {
        let call = asking("", of: "asked")
        let result = try result(in: test) { mesh throws(MeshError) in
            do throws(MeshError) { return try mesh.call(call, timeout: .seconds(1)) } catch {
                try mesh.sleep(for: .seconds(5))
                return error.code == "DEADLINE_EXCEEDED" ? 6 : -1
            }
        } answeredBy: { mesh throws(MeshError) in
            let request = try mesh.receive(Self.ask)
            try mesh.sleep(for: .seconds(3))
            try request.reply(1)
            return 0
        }
        #expect(result == 6)
        #expect(test.journal(of: "asked").contains { $0.kind == .reply && !$0.isRefused })
    }

    @Test func `who sends or detaches a question waits for nothing`() throws {
        let call = asking("", of: "asked")
        var answered = 0
        let result = try result(in: test) { mesh throws(MeshError) in
            let start = mesh.now
            mesh.send(call)
            try mesh.detach(call)
            return mesh.now == start ? 1 : -1
        } answeredBy: { mesh throws(MeshError) in
            for number in 1...2 {
                try mesh.receive(Self.ask).reply(1)
                answered = number
            }
            return 0
        }
        #expect(result == 1)
        try test.advance(by: .seconds(1))
        #expect(answered == 2 && !test.isRunning("asked"))
    }

    @Test func `a workflow may answer itself`() throws {
        let call = asking("abc")
        Module.body = { mesh throws(MeshError) in
            let pending = try mesh.start(call)
            let request = try mesh.receive(Self.ask)
            try request.reply(Self.length(request))
            return try pending.value()
        }
        #expect(try test.run(run) == 3)
    }

    @Test func `a script answers a signal in the workflow's place`() throws {
        test.answer("t.S/ask") { _ in 12 }
        let call = asking("", of: "nobody")
        Module.body = { mesh throws(MeshError) in try mesh.call(call) }
        #expect(try test.run(run) == 12)
    }

    @Test func `the sandbox's code answers as the native build's does`() throws {
        var results: [JSONValue] = []
        Module.body = { mesh throws(MeshError) in
            results = []
            func say(_ status: String, _ data: String, to operation: Int) throws(MeshError) {
                let message: JSONValue = [
                    "operation": .number(String(operation)), "status": .string(status), "data": .string(data),
                ]
                results.append(SandboxConnection.answer("reply", message, mesh.host))
            }
            _ = try mesh.receive(Self.ask)
            _ = try mesh.receive(Self.ask)
            try say("ok", #"{"value":3}"#, to: 1)
            try say("error", #"{"code":"NO","message":"not you"}"#, to: 2)
            try say("ok", #"{"value":3}"#, to: 2)
            return 1
        }
        let replies = [test.signal(asking("")), test.signal(asking(""))]
        #expect(try test.run(run) == 1)
        #expect(try replies[0].answer() == 3)
        #expect(refusal(replies[1])?.description == "NO: not you")
        #expect(
            results.map(\.jsonText) == [
                #"{"result":0}"#, #"{"result":0}"#,
                #"{"result":-4,"reason":"the signal of operation 2 was answered already"}"#,
            ])
    }
}
