import Testing

@testable import Mesh

extension RunningWorkflows {
    @Test func `a cancellation while a saga takes back changes nothing`() {
        let (other, undo) = (other, Call<Void>("other.O/undo", NoArguments()))
        var undone = 0
        test.answer("other.O/call") { _ in 1 }
        test.fail("other.O/undo", with: MeshError("BUSY", "", isRetryable: true), times: 1)
        test.answer("other.O/undo") { _ in
            undone += 1
            return [:] as JSONValue
        }
        test.cancel("w", after: .milliseconds(10))
        let error = error { mesh throws(MeshError) in
            try mesh.saga { saga throws(MeshError) in
                try saga.step("do", do: other, compensate: undo)
                throw MeshError("NO_LUCK", "")
            }
        }
        #expect(error?.code == "NO_LUCK" && undone == 1)
    }

    @Test func `a saga's step that is cancelled while it runs is taken back by its answer`() {
        let other = other
        test.answer("other.O/call", after: .seconds(5)) { _ in 42 }
        var undone: [JSONValue] = []
        test.answer("other.O/undo") { call in
            undone.append(call.arguments)
            return [:] as JSONValue
        }
        test.cancel("w", after: .seconds(1))
        let error = error { mesh throws(MeshError) in
            try mesh.saga { saga throws(MeshError) in
                try saga.step("do", do: other) {
                    Call<Void>("other.O/undo", ["id": JSONValue.number("\($0)")] as JSONValue)
                }
            }
        }
        #expect(error?.isCancelled == true && undone == [["id": 42]])
    }

    /// The body's saga waits for `other.O/call`, and its answer and a cancellation are told together; what `other.O/undo` was called with.
    private func cancelled(_ body: @escaping (Saga) throws(MeshError) -> Int) throws -> (MeshError?, [JSONValue]) {
        test.answer("other.O/call", after: .seconds(1)) { _ in 1 }
        var undone: [JSONValue] = []
        test.answer("other.O/undo") { call in
            undone.append(call.arguments)
            return [:] as JSONValue
        }
        Module.body = { mesh throws(MeshError) in try mesh.saga(body) }
        try test.start(run)
        test.cancel("w", after: .seconds(1))
        let error = #expect(throws: MeshError.self) { try test.result(of: run, key: "w") }
        return (error, undone)
    }

    @Test func `a local step that took place is taken back, though its wait says that the workflow is cancelled`()
        throws
    {
        let other = other
        let (error, undone) = try cancelled { saga throws(MeshError) in
            try saga.step("pay", do: other)
            return try saga.step("reserve", do: Call<Int>("t.S/step", NoArguments(), value: Int.self)) {
                Call<Void>("other.O/undo", ["id": JSONValue.number("\($0)")] as JSONValue)
            }
        }
        #expect(error?.isCancelled == true && undone == [["id": 1]])
    }

    @Test func `a local compensation that took place hasn't failed, though the workflow is cancelled meanwhile`() throws
    {
        let (other, step) = (other, Call<Int>("t.S/step", NoArguments(), value: Int.self))
        let (error, _) = try cancelled { saga throws(MeshError) in
            try saga.step("pay", do: other, compensate: step)
            throw MeshError("NO_LUCK", "")
        }
        #expect(error?.code == "NO_LUCK")
    }

    @Test func `a saga's steps are taken back where an effect was refused, though its code goes on`() {
        let (other, undo) = (other, Call<Void>("other.O/undo", NoArguments()))
        test.answer("other.O/call") { _ in 1 }
        test.answer("other.O/undo")
        let refused = error { mesh throws(MeshError) in
            try mesh.saga { saga throws(MeshError) in
                try saga.step("do", do: other, compensate: undo)
                mesh.host.refusal = .internalError("an event that is too large")
                return 1
            }
        }
        #expect(refused?.message == "an event that is too large")
        #expect(test.journal(of: "w").contains { $0.kind == .call && $0.isCompensation })
    }

    @Test func `a step that took place is taken back, though its answer can't be read`() {
        let (other, undo) = (other, Call<Void>("other.O/undo", NoArguments()))
        test.answer("other.O/call") { _ in "no number" }
        test.answer("other.O/undo")
        let unread = error { mesh throws(MeshError) in
            try mesh.saga { saga throws(MeshError) in try saga.step("do", do: other, compensate: undo) }
        }
        #expect(unread?.code == "INVALID_REQUEST")
        #expect(test.journal(of: "w").contains { $0.kind == .call && $0.isCompensation })
    }

    @Test func `a step that failed isn't taken back`() {
        let (other, undo) = (other, Call<Void>("other.O/undo", NoArguments()))
        test.fail("other.O/call", with: MeshError("NO", ""))
        let failed = error { mesh throws(MeshError) in
            try mesh.saga { saga throws(MeshError) in try saga.step("do", do: other, compensate: undo) }
        }
        #expect(failed?.code == "NO" && !test.journal(of: "w").contains { $0.isCompensation })
    }
}
