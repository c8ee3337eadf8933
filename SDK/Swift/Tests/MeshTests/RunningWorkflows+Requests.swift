import Testing

@testable import Mesh

/// Signals with an answer.
extension RunningWorkflows {
    /// A question of `@signal ask(id: ID!, text: String!): Int!`.
    static var ask: Signal<Context, Request<JSONValue, Int>> { .init(value: "ask") }

    func asking(_ text: String, of id: String = "w") -> Call<Int> {
        Call("t.S/ask", ["id": .string(id), "text": .string(text)] as JSONValue, value: Int.self)
    }

    /// What the sender of a signal gets.
    func refusal<Answer>(_ reply: TestReply<Answer>) -> MeshError? {
        #expect(throws: MeshError.self) { try reply.answer() }
    }

    /// The questions that came, by the length of their texts.
    static func length(_ request: Request<JSONValue, Int>) -> Int { request.arguments["text"]?.string?.count ?? -1 }

    @Test func `who sends a signal with an answer waits until the code has answered it`() throws {
        Module.body = { mesh throws(MeshError) in
            let request = try mesh.receive(Self.ask)
            try mesh.sleep(for: .seconds(5))
            try request.reply(Self.length(request))
            try mesh.sleep(for: .seconds(5))
            return 1
        }
        let reply = test.signal(asking("four"), after: .seconds(1))
        try test.start(run)
        try test.advance(by: .seconds(5))
        #expect(!reply.isDone && refusal(reply)?.code == "WAITING")
        try test.advance(by: .seconds(1))
        #expect(try reply.isDone && reply.answer() == 4 && test.isRunning("w"))
        #expect(try test.result(of: run, key: "w") == 1)
        #expect(
            test.journal(of: "w").map(\.description) == [
                "started t.S/run", "receive ask", "signal ask", "timer", "fired", "reply ask", "timer", "fired",
                "completed",
            ])
        let entry = test.journal(of: "w")[5]
        #expect(entry.kind == .reply && entry.operation == 1 && entry.data == #"{"value":4}"# && entry.error == nil)
    }

    @Test func `an answer that is given as the last thing arrives`() throws {
        let reply = test.signal(asking("four"))
        Module.body = { mesh throws(MeshError) in
            try mesh.receive(Self.ask).reply(7)
            return 1
        }
        #expect(try test.run(run) == 1)
        #expect(try reply.answer() == 7)
    }

    @Test func `the caller reads what the code replies, in each form that answers have`() throws {
        func answer<Answer>(
            _ signal: Signal<Context, Request<JSONValue, Answer>>, _ call: Call<Answer>, _ answer: Answer
        ) throws -> Answer {
            let test = WorkflowTest(Module.self)
            Module.body = { mesh throws(MeshError) in
                try mesh.receive(signal).reply(answer)
                return 1
            }
            let reply = test.signal(call)
            _ = try test.run(run)
            return try reply.answer()
        }
        let arguments: JSONValue = ["id": "w"]
        let object = MeshError("A", "b")
        #expect(try answer(.init(object: "ask"), Call("t.S/ask", arguments, object: MeshError.self), object) == object)
        let orNull = Call<MeshError?>("t.S/ask", arguments, objectOrNull: MeshError.self)
        #expect(try answer(.init(objectOrNull: "ask"), orNull, object) == object)
        #expect(try answer(.init(objectOrNull: "ask"), orNull, nil) == nil)
        #expect(try answer(.init(value: "ask"), Call("t.S/ask", arguments, value: [Int].self), [1, 2]) == [1, 2])
        #expect(try answer(.init(value: "ask"), Call("t.S/ask", arguments, value: String?.self), nil) == nil)
    }

    @Test func `who is refused gets the error as the code says it`() throws {
        let error = MeshError("NOT_YOURS", "ask somebody else", details: ["who": "ada"], errorClass: "CONFLICT")
        Module.body = { mesh throws(MeshError) in
            try mesh.receive(Self.ask).fail(error)
            try mesh.sleep(for: .seconds(1))
            return 1
        }
        let reply = test.signal(asking(""))
        #expect(try test.run(run) == 1)
        #expect(refusal(reply) == error)
        #expect(test.journal(of: "w")[3].description == "reply ask: NOT_YOURS")
        Module.body = { mesh throws(MeshError) in
            try mesh.receive(Self.ask).fail(MeshError("OUT", "x"))
            return 1
        }
        let test = WorkflowTest(Module.self)
        let other = test.signal(asking(""))
        #expect(try test.run(run) == 1)
        #expect(refusal(other) == MeshError("OUT", "x", errorClass: "FAILED_PRECONDITION"))
    }

    @Test func `a signal is answered once, and the code is told so each time`() throws {
        var errors: [MeshError] = []
        Module.body = { mesh throws(MeshError) in
            errors = []
            let request = try mesh.receive(Self.ask)
            try request.reply(1)
            do throws(MeshError) { try request.reply(2) } catch { errors.append(error) }
            try mesh.sleep(for: .seconds(1))
            do throws(MeshError) { try request.fail(.conflict("no")) } catch { errors.append(error) }
            try mesh.sleep(for: .seconds(1))
            return errors.count
        }
        let reply = test.signal(asking(""))
        #expect(try test.run(run) == 2)
        #expect(try reply.answer() == 1)
        let error = MeshError.invalidRequest("the signal of operation 1 was answered already")
        #expect(errors == [error, error])
        let replies = test.journal(of: "w").filter { $0.kind == .reply }
        #expect(replies.map(\.description) == ["reply ask"], "a replay comes to the others by itself")
    }

    @Test func `an error that the mesh doesn't take isn't given, and another answer may be`() throws {
        var refused: [String] = []
        Module.body = { mesh throws(MeshError) in
            refused = []
            let request = try mesh.receive(Self.ask)
            for error in [MeshError("", "x"), MeshError("OUT", "x", errorClass: "WHAT")] {
                do throws(MeshError) { try request.fail(error) } catch { refused.append(error.description) }
            }
            try mesh.sleep(for: .seconds(1))
            try request.reply(3)
            return 1
        }
        let reply = test.signal(asking(""))
        #expect(try test.run(run) == 1)
        #expect(try reply.answer() == 3)
        #expect(
            refused == [
                "INVALID_REQUEST: t.S/ask: the error must have a `code` (a string of at most 100 bytes) and a `message` (a string)",
                "INVALID_REQUEST: t.S/ask: `class` must be one of the mesh's codes, not WHAT",
            ])
    }

    @Test func `only a signal with an answer is answered, and only when the code knows of it`() throws {
        var errors: [String] = []
        Module.body = { mesh throws(MeshError) in
            errors = []
            let asked = try mesh.expect(Self.ask)
            let timer = try mesh.timer(after: .seconds(1))
            try timer.value()
            for number in [asked.number, timer.number, 99] {
                do throws(MeshError) { try mesh.host.answer(number, isError: false, Array("{}".utf8)) } catch {
                    errors.append(error.description)
                }
            }
            let poked = try mesh.receive(Signal<Context, Request<JSONValue, Int>>(value: "poke"))
            do throws(MeshError) { try poked.reply(1) } catch { errors.append(error.description) }
            try asked.value().reply(9)
            return 1
        }
        test.signal(poke)
        let reply = test.signal(asking(""))
        #expect(try test.run(run) == 1)
        #expect(try reply.answer() == 9)
        #expect(
            errors == [1, 2, 99].map {
                "INVALID_REQUEST: operation \($0) is no signal that the code has been told of"
            } + ["PERMISSION_DENIED: t.S/poke answers Void: its senders were answered when it was stored"])
        let outside = #expect(throws: MeshError.self) { try TestMesh().answer(1, isError: false, []) }
        #expect(outside?.message.contains("WorkflowTest") == true)
    }

    @Test func `an answer that was refused leaves the wait what it was`() {
        let error = error { mesh throws(MeshError) in
            let asked = try mesh.expect(Self.ask)
            do throws(MeshError) { try mesh.host.answer(asked.number, isError: false, []) } catch {}
            return Self.length(try asked.value())
        }
        #expect(error?.message.hasPrefix("w waits for receive ask, ") == true)
    }

    @Test func `signals without an answer are done when they are stored`() throws {
        let reply = test.signal(poke, after: .seconds(1))
        Module.body = { mesh throws(MeshError) in
            try mesh.sleep(for: .hours(1))
            return 1
        }
        try test.start(run)
        #expect(!reply.isDone)
        try test.advance(by: .seconds(1))
        try reply.answer()
        #expect(try test.result(of: run, key: "w") == 1)
    }

    @Test func `a signal that isn't taken is the error of who keeps its answer, and else the test's`() throws {
        let early = test.signal(asking(""))
        try test.advance(by: .zero)
        #expect(refusal(early)?.code == "INSTANCE_NOT_FOUND")
        Module.body = { _ throws(MeshError) in 1 }
        #expect(try test.run(run) == 1)
        let late = test.signal(poke)
        try test.advance(by: .zero)
        #expect(refusal(late)?.code == "FAILED_PRECONDITION")
        test.signal(asking(""))
        let error = #expect(throws: MeshError.self) { try test.advance(by: .zero) }
        #expect(error?.code == "FAILED_PRECONDITION")
    }

    @Test func `what a receive gives is discarded only where nobody waits for an answer`() throws {
        Module.body = { mesh throws(MeshError) in
            try mesh.receive(Signal<Context, JSONValue>("poke"))
            return Self.length(try mesh.receive(Self.ask))
        }
        test.signal(poke)
        test.signal(asking("three"))
        #expect(try test.run(run) == 5)
    }
}
