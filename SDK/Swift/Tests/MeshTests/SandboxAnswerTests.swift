import Testing

@testable import Mesh

/// What the sandbox of `wasmesh test` says an execution came to.
@Suite struct SandboxAnswers {
    @Test func `a message that is sent later says after how many microseconds, as a number or as text`() throws {
        let mesh = TestMesh()
        try mesh.take(
            end: JSONValue(
                jsonText: #"""
                    {"end":"completed","reply":"{}","logs":[],"messages":[
                        {"kind":"send","name":"a.B/number","key":"k","data":"{}","delay":1500000},
                        {"kind":"send","name":"a.B/text","key":null,"data":"{}","delay":"3155760000000000"},
                        {"kind":"emit","name":"a.b","key":null,"data":"{}"},
                        {"kind":"send","name":"a.B/now","key":null,"data":"{}"}]}
                    """#))
        #expect(mesh.sent.map(\.target) == ["a.B/number", "a.B/text", "a.B/now"])
        #expect(mesh.sent.map(\.after) == [.milliseconds(1500), .days(36_525), .zero])
        #expect(mesh.emitted.map(\.event) == ["a.b"])
    }
}
