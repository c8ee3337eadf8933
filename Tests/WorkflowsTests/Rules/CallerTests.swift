import MeshCore
import Outbox
import Testing

@testable import Workflows

/// Who waits for the end of a workflow.
@Suite struct `A workflow's callers` {
    @Test func `a caller whose deadline has passed makes room for another, and is answered no more`() {
        var mesh = ScriptMesh(Script.waiting)
        mesh.limits.callers = 1
        mesh.limits.callersOfRun = 3
        mesh.start()
        func join(_ id: String, until deadline: Timestamp? = nil) -> ErrorCode? {
            var call = ScriptMesh.call(Array("{}".utf8), id: id)
            call.extensions.deadline = deadline
            return mesh.tell(.start(call, method: "run")).refusal
        }
        for number in 2...3 {
            #expect(join("c\(number)", until: mesh.clock.advanced(by: .seconds(30))) == nil)
            #expect(join("x") == .resourceExhausted)
            mesh.clock = mesh.clock.advanced(by: .seconds(31))
        }
        #expect(join("c4") == nil)
        #expect(join("x") == .resourceExhausted)
        mesh.signal("approve")
        #expect(mesh.answers.map(\.callID) == ["c1", "c4"])
    }

    @Test func `a workflow that has stopped waiting makes room as well, and its own timer decides what is late`() {
        var mesh = ScriptMesh(Script.waiting)
        mesh.limits.callers = 1
        mesh.start()
        func join(_ id: String, until deadline: Timestamp? = nil) -> ErrorCode? {
            var call = ScriptMesh.call(Array("{}".utf8), id: id)
            call.extensions = MessageExtensions(deadline: deadline, answerTo: "shop.P/1.1.1/\(id)")
            return mesh.tell(.start(call, method: "run")).refusal
        }
        #expect(join("c2", until: mesh.clock.advanced(by: .seconds(30))) == nil)
        #expect(join("x") == .resourceExhausted)
        mesh.clock = mesh.clock.advanced(by: .seconds(31))
        #expect(join("c3") == nil)
        mesh.signal("approve")
        #expect(mesh.answers.map(\.callID) == ["c1", "c2", "c3"])
    }

    @Test func `callers that wait no more are bounded too, until the next run`() {
        var mesh = ScriptMesh { script throws(Script.End) in
            _ = try script.value(script.receive("approve"))
            try script.next("{}")
            return ""
        }
        mesh.limits.callers = 1
        mesh.limits.callersOfRun = 2
        mesh.start()
        func join(_ id: String) -> ErrorCode? {
            var call = ScriptMesh.call(Array("{}".utf8), id: id)
            call.extensions.deadline = mesh.clock.advanced(by: .seconds(30))
            defer { mesh.clock = mesh.clock.advanced(by: .seconds(31)) }
            return mesh.tell(.start(call, method: "run")).refusal
        }
        #expect([join("c2"), join("c3"), join("c4")] == [nil, nil, .resourceExhausted])
        mesh.signal("approve")
        mesh.fire(.advance)
        #expect(mesh.record?.row.run == 2)
        #expect([join("c5"), join("c6"), join("c7")] == [nil, nil, .resourceExhausted])
    }
}
