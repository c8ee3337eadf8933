import Synchronization
import TestSupport
import Testing

@testable import MeshCore

struct TracingTests {
    private static let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test(arguments: [
        (parent, true), ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", true),
        ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", false),
        ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
        ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
        ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false),
        ("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false), ("", false), ("00-1-2-3", false),
    ])
    func `a traceparent is taken over only where it is valid`(text: String, isValid: Bool) {
        #expect((TraceParent(text) != nil) == isValid)
        #expect((TraceParent.continued(text) == text) == isValid)
        #expect(TraceParent(TraceParent.continued(text)) != nil)
    }

    @Test(arguments: [("00", false), ("01", true), ("02", false), ("03", true), ("ff", true)])
    func `the lowest flag says whether a trace is recorded`(flags: String, isSampled: Bool) throws {
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\(flags)"
        #expect(try #require(TraceParent(text)).isSampled == isSampled)
    }

    private struct Sink: SpanSink {
        let spans = Collector<Span>()
        func take(_ span: Span) { spans.append(span) }
    }

    @Test(arguments: [0.0, 1.0])
    func `a caller's trace is recorded where the caller says so, whatever the share`(ratio: Double) throws {
        let sink = Sink()
        let tracer = Tracer(sink: sink, ratio: ratio)
        let sampled = try #require(TraceParent(Self.parent))
        let span = try #require(tracer.begin("a", .server, service: "s", parent: sampled))
        span.end()
        let taken = try #require(sink.spans.all.first)
        #expect(taken.context.traceID == sampled.traceID && taken.parentID == sampled.spanID)
        #expect(taken.context.spanID != sampled.spanID && taken.context.isSampled)
        #expect(TraceParent(span.traceparent) == taken.context)
        let other = TraceParent(Self.parent.dropLast(2) + "00")
        #expect(tracer.begin("a", .server, service: "s", parent: other) == nil)
        #expect(tracer.begin("a", .server, service: "s", parent: other, identity: "i") == nil)
        #expect((tracer.begin("a", .server, service: "s", parent: nil) != nil) == (ratio == 1))
    }

    @Test func `what is done again is the same span, and whoever handles one message is in one trace`() throws {
        let sink = Sink()
        let tracer = Tracer(sink: sink, ratio: 1)
        for name in ["a", "a", "b"] {
            tracer.begin(name, .consumer, service: "s", parent: nil, identity: "x 1 1")?.end()
        }
        tracer.begin("a", .consumer, service: "s", parent: nil, identity: "x 1 2")?.end()
        let contexts = sink.spans.all.map(\.context)
        #expect(contexts[0] == contexts[1])
        #expect(contexts[0].traceID == contexts[2].traceID && contexts[0].spanID != contexts[2].spanID)
        #expect(contexts[0].spanID != contexts[3].spanID)
    }

    @Test func `of the traces that begin here a share is recorded, of the same messages everywhere`() {
        var seed = Seed()
        let first = Tracer(sink: Sink(), ratio: 0.25)
        let second = Tracer(sink: Sink(), ratio: 0.25)
        let identities = (0..<4000).map { _ in "m \(seed.next())" }
        func recorded(_ tracer: Tracer) -> [Bool] {
            identities.map { tracer.begin("a", .consumer, service: "s", parent: nil, identity: $0) != nil }
        }
        #expect(recorded(first) == recorded(second))
        #expect((800...1200).contains(recorded(first).count { $0 }))
    }

    @Test func `a span never ends before it began`() throws {
        let sink = Sink()
        var span = try #require(
            Tracer(sink: sink, ratio: 1).begin("a", .internal, service: "s", parent: nil))
        span.began(at: Timestamp(microseconds: .max))
        span.end()
        #expect(sink.spans.all[0].ended == sink.spans.all[0].began)
    }
}
