import Mesh
import Testing

@Suite struct MeshInMemory {
    private struct Context: MeshContext {
        let host: MeshHost
    }

    @Test func `a handler sees the facts it is given`() {
        let mesh = TestMesh(
            key: "k", type: "shop.Orders/place", caller: "shop.Web", attempt: 3, now: DateTime("2026-11-21T00:00:00Z")!,
            configuration: ["limit": "5"])
        let context = Context(host: mesh)
        #expect(context.key == "k")
        #expect(context.type == "shop.Orders/place")
        #expect(context.caller == "shop.Web")
        #expect(context.attempt == 3)
        #expect(context.now.description == "2026-11-21T00:00:00Z")
        #expect(context.config("limit") == "5")
        #expect(context.config("other") == nil)
        #expect(context.traceparent == nil)
        #expect(context.principal == nil)
        #expect(context.deadline == nil)
    }

    @Test func `a handler sees who called, and an administrator has every role`() throws {
        let context = Context(host: TestMesh(principal: Principal("ada \"L\"", roles: ["clerk", "till"])))
        #expect(context.principal?.name == "ada \"L\"")
        #expect(context.principal?.roles == ["clerk", "till"])
        #expect(context.principal?.has("till") == true && context.principal?.has("Till") == false)
        #expect(context.principal?.isAdministrator == false)
        let root = try #require(Context(host: TestMesh(principal: Principal("root", isAdministrator: true))).principal)
        #expect(root.isAdministrator && root.has("clerk") && root.roles.isEmpty)
    }

    @Test func `a principal is read as the host writes it, whatever else a later one says`() throws {
        let text = #"{"name":"ada","since":[1,{}],"roles":["clerk"],"administrator":true}"#
        #expect(try Principal(jsonText: text) == Principal("ada", roles: ["clerk"], isAdministrator: true))
        #expect(Principal("a", roles: ["b"]).jsonText == #"{"name":"a","roles":["b"]}"#)
        #expect(throws: MeshError.self) { try Principal(jsonText: #"{"roles":["clerk"]}"#) }
    }

    @Test func `random numbers repeat with their seed`() {
        func numbers(_ seed: UInt64) -> [Int] {
            var random = Context(host: TestMesh(seed: seed)).random
            return (0..<10).map { _ in Int.random(in: 0..<1000, using: &random) }
        }
        #expect(numbers(1) == numbers(1))
        #expect(numbers(1) != numbers(2))
    }

    @Test func `state is written once, when it changed`() throws {
        let mesh = TestMesh()
        mesh.stateJSON = "[1]"
        let state = KeyedState<[Int]>(mesh)
        #expect(state.value == [1])
        state.save()
        #expect(mesh.stateJSON == "[1]")
        state.value?.append(2)
        #expect(mesh.stateJSON == "[1]")
        state.save()
        #expect(mesh.stateJSON == "[1,2]")
        state.value = nil
        state.save()
        #expect(mesh.stateJSON == nil)
    }

    @Test func `a state that can't be read fails the execution, whatever the handler does`() {
        let mesh = TestMesh()
        mesh.stateJSON = "{}"
        #expect(throws: MeshError.self) {
            try mesh.deliver("S/m", "{}") { request throws(MeshError) in
                let state = KeyedState<[Int]>(request.host)
                state.value = (state.value ?? []) + [1]
                state.save()
            }
        }
        #expect(mesh.stateJSON == "{}")
    }

    @Test func `what is sent is recorded in the order of the calls, each with how much later it is delivered`() {
        let mesh = TestMesh()
        let context = Context(host: mesh)
        func call(_ name: String) -> MeshCall { MeshCall("a.B/\(name)", arguments: NoArguments()) }
        context.send(call("after"), key: "k", after: .days(3))
        context.send(call("now"))
        context.send(call("at"), at: context.now + .milliseconds(1500))
        context.send(call("exact").keyed("l"), after: Duration(seconds: 1, nanoseconds: 1999))
        #expect(mesh.sent.map(\.target) == ["a.B/after", "a.B/now", "a.B/at", "a.B/exact"])
        #expect(mesh.sent.map(\.key) == ["k", nil, nil, "l"])
        let exact = Duration(seconds: 1, nanoseconds: 1000)
        #expect(mesh.sent.map(\.after) == [.days(3), .zero, .milliseconds(1500), exact])
    }

    @Test func `what was to be delivered in the past is sent at once`() {
        let mesh = TestMesh()
        let context = Context(host: mesh)
        let call = MeshCall("a.B/c", arguments: NoArguments())
        context.send(call, at: context.now - .days(1))
        context.send(call, at: DateTime("0001-01-01T00:00:00Z")!)
        context.send(call, at: context.now)
        context.send(call, after: .seconds(-1))
        context.send(call, after: Duration(seconds: .min))
        #expect(mesh.sent.map(\.after) == Array(repeating: .zero, count: 5))
    }

    @Test func `a call of more than a century from now fails the execution, whatever the handler does`() throws {
        let mesh = TestMesh()
        let call = MeshCall("a.B/c", arguments: NoArguments())
        let century = Duration(seconds: 3_155_760_000)
        try mesh.deliver("S/m", "{}") { request in Context(host: request.host).send(call, after: century) }
        #expect(mesh.sent.map(\.after) == [century])
        let error = #expect(throws: MeshError.self) {
            try mesh.deliver("S/m", "{}") { request in
                Context(host: request.host).send(call, after: century + Duration(seconds: 0, nanoseconds: 1000))
                Context(host: request.host).send(call, at: DateTime("9999-12-31T23:59:59Z")!)
            }
        }
        #expect(error?.code == "INVALID_REQUEST")
        #expect(error?.message == "a call is delivered within 100 years, and this one after 36525 days")
        #expect(mesh.sent.count == 1)
    }

    @Test func `a failed handler leaves nothing behind`() {
        let mesh = TestMesh()
        #expect(throws: MeshError("NO", "no")) {
            try mesh.deliver("S/m", "{}") { request throws(MeshError) in
                Context(host: request.host).send(MeshCall("a.B/c", arguments: NoArguments()))
                MeshEvent("x.y", "event").emit(on: request.host)
                request.reply(value: 1)
                throw MeshError("NO", "no")
            }
        }
        #expect(mesh.sent.isEmpty && mesh.emitted.isEmpty && mesh.replyJSON == nil)
    }

    @Test func `an error travels with code and details`() throws {
        let error = MeshError(
            "OUT", "sold out", isRetryable: true, details: ["sku": "a", "count": 2], errorClass: "CONFLICT")
        #expect(
            error.jsonText
                == #"{"code":"OUT","class":"CONFLICT","message":"sold out","details":{"sku":"a","count":2},"retryable":true}"#
        )
        #expect(try MeshError(jsonText: error.jsonText) == error)
        #expect("\(error)" == "OUT: sold out")
    }
}
