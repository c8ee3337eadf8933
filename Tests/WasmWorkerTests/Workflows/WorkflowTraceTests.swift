import MeshCore
import TestSupport
import Testing

@testable import WasmWorker

/// What a trace shows of workflows, on real parts.
@Suite(.serialized, .timeLimit(.minutes(2))) struct WorkflowTraceTests {
    private struct Sink: SpanSink {
        let spans = Collector<Span>()
        func take(_ span: Span) { spans.append(span) }

        func only(_ name: String) throws -> Span {
            let found = spans.all.filter { $0.name == name }
            try #require(found.count == 1, "\(name): \(spans.all)")
            return found[0]
        }
    }

    private static func parent(_ flags: String) -> String {
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\(flags)"
    }

    @Test func `a workflow, its local steps and its calls hang below its start`() async throws {
        try await FlowMesh.with { mesh in
            let sink = Sink()
            try await mesh.withWorker(tracer: Tracer(sink: sink, ratio: 0)) { _ in
                let call = try mesh.send(
                    "t.Flow/fulfil", key: "a", #"{"plan":"LRF"}"#,
                    extensions: MessageExtensions(traceparent: Self.parent("01"), replyTo: 1))
                #expect(try await mesh.reply(to: call).status == .error)
            }
            let start = try sink.only("t.Flow/fulfil")
            #expect(start.parentID == "b7ad6b7169203331" && start.kind == .consumer && start.error == nil)
            let step = try sink.only("t.Flow/step")
            #expect(step.parentID == start.context.spanID && step.kind == .internal)
            let work = try sink.only("t.Remote/work")
            #expect(work.parentID == start.context.spanID && work.service == "t.Remote")
            let workflow = try sink.only("workflow fulfil")
            #expect(workflow.parentID == start.context.spanID)
            #expect(workflow.error?.contains("it failed") == true, "\(workflow)")
            #expect(workflow.began <= step.began && workflow.ended >= work.ended)
            #expect(sink.spans.count == 4)
            #expect(sink.spans.all.allSatisfy { $0.context.traceID == "0af7651916cd43dd8448eb211c80319c" })
        }
    }

    @Test func `of a trace that isn't recorded there is nothing, nor of one that nobody began`() async throws {
        try await FlowMesh.with { mesh in
            let sink = Sink()
            try await mesh.withWorker(tracer: Tracer(sink: sink, ratio: 0)) { _ in
                let unrecorded = try mesh.send(
                    "t.Flow/fulfil", key: "a", #"{"plan":"LR"}"#,
                    extensions: MessageExtensions(traceparent: Self.parent("00"), replyTo: 1))
                #expect(try await mesh.reply(to: unrecorded).text == #"{"value":"LR"}"#)
                let without = try mesh.start("b", "LR")
                #expect(try await mesh.reply(to: without).text == #"{"value":"LR"}"#)
            }
            #expect(sink.spans.all == [])
        }
    }
}
