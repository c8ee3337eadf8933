import Testing

@testable import Mesh

/// What the deploy gate finds, tests find as well.
extension RunningWorkflows {
    /// The difference that other code has to the journal of `body`; nil where it agrees.
    private func difference(
        _ body: @escaping (Context) throws(MeshError) -> Int, _ other: @escaping (Context) throws(MeshError) -> Int
    ) throws -> String? {
        test.answer("other.O/call") { _ in 1 }
        Module.body = body
        _ = try? test.run(run)
        return try replay(other)
    }

    private func replay(_ other: @escaping (Context) throws(MeshError) -> Int) throws -> String? {
        Module.body = other
        do throws(MeshError) {
            try test.replay("w", with: Module.self)
            return nil
        } catch {
            #expect(error.code == "NONDETERMINISM")
            return error.message
        }
    }

    @Test func `code that ends before the journal does is another one`() throws {
        let other = other
        let calls: (Context) throws(MeshError) -> Int = { mesh throws(MeshError) in try mesh.call(other) }
        #expect(try difference(calls, calls) == nil)
        #expect(
            try replay { _ throws(MeshError) in 1 }
                == "entry 2 of w is `call other.O/call {}`, and the code did `return`")
        #expect(
            try replay { _ throws(MeshError) in throw MeshError("NO", "not any more") }
                == "entry 2 of w is `call other.O/call {}`, and the code did `throw NO: not any more`")
    }

    @Test func `the marker of a change can be taken away where all have gone the new way`() throws {
        let other = other
        let marked: (Context) throws(MeshError) -> Int = { mesh throws(MeshError) in
            if mesh.patched("first"), mesh.patched("second") { try mesh.sleep(for: .seconds(1)) }
            let answer = try mesh.call(other)
            return mesh.patched("third") ? answer : 0
        }
        let clean: (Context) throws(MeshError) -> Int = { mesh throws(MeshError) in
            if mesh.patched("second") { try mesh.sleep(for: .seconds(1)) }
            return try mesh.call(other)
        }
        #expect(try difference(marked, clean) == nil)
        let old: (Context) throws(MeshError) -> Int = { mesh throws(MeshError) in try mesh.call(other) }
        #expect(try replay(old) != nil)
    }

    @Test func `a run that decides to end early the second time is stuck`() {
        let other = other
        var runs = 0
        test.answer("other.O/call", after: .seconds(1)) { _ in 1 }
        let error = error { mesh throws(MeshError) in
            runs += 1
            return runs == 1 ? try mesh.call(other) : 0
        }
        #expect(error?.code == "NONDETERMINISM")
    }

    @Test func `a call or a send with another key is another one`() throws {
        func calls(_ key: String?) -> (Context) throws(MeshError) -> Int {
            { [other] mesh throws(MeshError) in try mesh.call(other, key: key) }
        }
        #expect(
            try difference(calls("a"), calls("b"))
                == "entry 2 of w is `call other.O/call of key \"a\" {}`, and the code did `call other.O/call of key \"b\" {}`"
        )
        #expect(try replay(calls(nil)) != nil)
        #expect(try replay(calls("a")) == nil)
    }

    @Test func `a send with another key is another one`() throws {
        func sends(_ key: String?) -> (Context) throws(MeshError) -> Int {
            { [other] mesh throws(MeshError) in
                mesh.send(other, key: key)
                return 1
            }
        }
        #expect(try difference(sends("a"), sends("b")) != nil)
        #expect(try replay(sends("a")) == nil)
    }

    @Test func `a key that is the rule's own may be said`() throws {
        let child = Call<Int>("t.S/run", ["id": "child"] as JSONValue, value: Int.self)
        func calls(_ key: String?) -> (Context) throws(MeshError) -> Int {
            { mesh throws(MeshError) in mesh.key == "child" ? 1 : try mesh.call(child, key: key) }
        }
        #expect(try difference(calls(nil), calls("child")) == nil)
        #expect(try replay(calls("another")) != nil)
    }

    @Test func `another end of a run that is over is a difference`() throws {
        let other = other
        let returns: (Int) -> (Context) throws(MeshError) -> Int = { value in
            { mesh throws(MeshError) in
                _ = try mesh.call(other)
                return value
            }
        }
        #expect(
            try difference(returns(1), returns(2))
                == #"entry 4 of w is `completed {"value":1}`, and the code did `return {"value":2}`"#)
        #expect(try replay(returns(1)) == nil)
        #expect(
            try replay { mesh throws(MeshError) in
                _ = try mesh.call(other)
                try mesh.sleep(for: .seconds(1))
                return 1
            }?.hasSuffix("and the code did `timer 1000000`") == true)
        #expect(
            try replay { mesh throws(MeshError) in
                _ = try mesh.call(other)
                throw MeshError("NO", "")
            } != nil)
    }

    @Test func `a run that has failed agrees with code that fails, in whatever words`() throws {
        let fails: (String) -> (Context) throws(MeshError) -> Int = { code in
            { _ throws(MeshError) in throw MeshError(code, "") }
        }
        #expect(try difference(fails("ONE"), fails("OTHER")) == nil)
        #expect(try replay { _ throws(MeshError) in 1 } != nil)
    }

    @Test func `a long label is cut, and refuses nothing`() throws {
        Module.body = { [other] mesh throws(MeshError) in
            try mesh.call(other, label: String(repeating: "é", count: 150))
        }
        test.answer("other.O/call") { _ in 1 }
        #expect(try test.run(run) == 1)
        #expect(test.journal(of: "w")[1].label == String(repeating: "é", count: 100))
        #expect(String(repeating: "a", count: 200).cut(toBytes: 200).utf8.count == 200)
        #expect(("a" + String(repeating: "é", count: 150)).cut(toBytes: 200).utf8.count == 199)
        #expect("😀😀".cut(toBytes: 7) == "😀" && "😀".cut(toBytes: 3).isEmpty)
    }

    @Test func `a step without a rule of its own is tried again three times`() throws {
        Module.stepFailures = 100
        defer { Module.stepFailures = 0 }
        let failed = error { mesh throws(MeshError) in
            try mesh.call(Call<Int>("t.S/step", NoArguments(), value: Int.self))
        }
        #expect(failed?.isRetryable == true && test.journal(of: "w").count { $0.kind == .retried } == 3)
    }
}
