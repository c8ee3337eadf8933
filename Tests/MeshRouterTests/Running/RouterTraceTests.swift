import Embedded
import HTTPServer
import MeshCore
import TestSupport
import Testing

@testable import MeshRouter

/// What a trace shows of a router.
@Suite struct RouterTraceTests {
    private struct Sink: SpanSink {
        let spans = Collector<Span>()
        func take(_ span: Span) { spans.append(span) }
    }

    private func event(_ id: String, _ mesh: RunningRouter) async throws -> Int {
        try await mesh.post(
            "/events", #"{"id":"o","customer":"c"}"#,
            [
                ("Content-Type", "application/json"), ("ce-specversion", "1.0"), ("ce-id", id),
                ("ce-type", "order.placed"), ("ce-source", "/till"),
                ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            ]
        ).status
    }

    @Test
    func `calls and events have spans, those that Postgres didn't take too, and what they send follows from these`()
        async throws
    {
        let sink = Sink()
        try await withOwnBroker { broker, kafka in
            try await withOwnPostgres { postgres in
                try await withRouter(
                    postgres: postgres.url(), broker: broker, kafka: kafka, schemas: [Shop.orders],
                    configure: {
                        $0.patience = .seconds(1)
                        $0.tracer = Tracer(sink: sink, ratio: 1)
                    }, answer: { _ in (.ok, "{}") }
                ) { mesh in
                    #expect(try await event("e-1", mesh) == 202)
                    let sent = try await mesh.responder.messages.wait(for: 1)[0]
                    let publish = try #require(sink.spans.all.first)
                    #expect(publish.name == "publish order.placed" && publish.error == nil)
                    #expect(publish.parentID == "b7ad6b7169203331" && publish.kind == .producer)
                    #expect(sent.extensions.traceparent == publish.context.text)

                    #expect(try await mesh.call("shop.Orders/forget", "{}").status == 200)
                    let call = try #require(sink.spans.all.last)
                    #expect(call.name == "shop.Orders/forget" && call.parentID == nil && call.error == nil)
                    #expect(mesh.responder.messages.all.last?.extensions.traceparent == call.context.text)

                    await postgres.kill()
                    #expect(try await event("e-2", mesh) == 503)
                    #expect(sink.spans.all.last?.name == "publish order.placed")
                    #expect(sink.spans.all.last?.error != nil)
                    #expect(try await mesh.call("shop.Orders/forget", "{}").status == 503)
                    #expect(sink.spans.all.last?.error == "unavailable")
                    #expect(sink.spans.count == 4)
                    try await postgres.restart()
                    try await mesh.becomesReady()
                }
            }
        }
    }
}
