import Testing

@testable import Mesh

/// What the examples don't show: how operations look on the ABI, and how the test kit says that something is wrong.
@Suite struct WorkflowTests {
    private struct Context: WorkflowContext { let host: MeshHost }

    @Test func `options travel as the ABI has them, and none is nothing`() {
        #expect(CallOptions().jsonBytes.isEmpty)
        var options = CallOptions(
            retries: 3, backoff: .linear, delay: .milliseconds(5), maximumDelay: .seconds(2), timeout: .minutes(1),
            label: "a \"label\"", parentClose: .abandon, isDetached: true)
        options.isCompensation = true
        #expect(
            String(decoding: options.jsonBytes, as: UTF8.self)
                == #"{"label":"a \"label\"","role":"compensation","retries":3,"backoff":"linear","delay":5000,"maximumDelay":2000000,"deadline":60000000,"parentClose":"abandon","detached":true}"#
        )
    }

    @Test func `the options of a call count, unless the place where it is made says otherwise`() {
        let call = CallOptions(retries: 3, label: "mine")
        #expect(call.overridden(by: CallOptions(retries: 1)) == CallOptions(retries: 1, label: "mine"))
        #expect(call.overridden(by: CallOptions()) == call)
    }

    @Test func `answers of all forms are read`() throws {
        func read<Answer>(_ call: Call<Answer>, _ json: String) throws(MeshError) -> Answer {
            try Array(json.utf8).reading(call.read)
        }
        #expect(try read(Call("t", NoArguments(), value: [Int].self), #"{"value":[1,2]}"#) == [1, 2])
        #expect(try read(Call("t", NoArguments(), value: Int?.self), #"{"value":null}"#) == nil)
        #expect(try read(Call("t", NoArguments(), object: MeshError.self), #"{"code":"A","message":"b"}"#).code == "A")
        let maybe = Call<MeshError?>("t", NoArguments(), objectOrNull: MeshError.self)
        #expect(try read(maybe, #"{"value":null}"#) == nil)
        #expect(try read(maybe, #"{"code":"A","message":"b"}"#)?.message == "b")
        try read(Call<Void>("t", NoArguments()), "{}")
        #expect(try read(MeshCall("t", arguments: NoArguments()), #"{"a":1}"#)["a"] == 1)
    }

    @Test func `what the host refuses as invalid is an invalid request, whichever call it is`() {
        #expect(MeshError.refused(-4, "a bad input").code == "INVALID_REQUEST")
        #expect(
            [-2, -3, -6, -1].map { MeshError.refused($0, "").code } == [
                "RESOURCE_EXHAUSTED", "PERMISSION_DENIED", "CANCELLED", "INTERNAL_ERROR",
            ])
    }

    @Test func `time that is over is no time, and nothing else`() {
        let options = CallOptions(timeout: .seconds(-5)).jsonBytes
        #expect(String(decoding: options, as: UTF8.self) == #"{"deadline":0}"#)
    }

    @Test func `outside a workflow there are no operations`() {
        let error = #expect(throws: MeshError.self) { try Context(host: TestMesh()).sleep(for: .seconds(1)) }
        #expect(error?.message.contains("WorkflowTest") == true)
    }
}
