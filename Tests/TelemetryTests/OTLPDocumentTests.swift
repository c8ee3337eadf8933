import Foundation
import Testing

@testable import MeshCore
@testable import Telemetry

struct OTLPDocumentTests {
    @Test func `a span is written as OTLP's JSON has it`() {
        var span = Span.sample(1)
        span.parentID = "00f067aa0ba902b7"
        span.attributes = [("messaging.message.id", .text("a \"b\"\n")), ("wasmesh.attempt", .number(2))]
        span.error = "the handler crashed: unreachable"
        #expect(
            OTLPDocument.json([span], process: "worker-1")
                == #"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop.Orders"}},{"key":"service.instance.id","value":{"stringValue":"worker-1"}}]},"scopeSpans":[{"scope":{"name":"wasmesh"},"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7110000001","parentSpanId":"00f067aa0ba902b7","name":"shop.Orders/place","kind":5,"startTimeUnixNano":"1700000000000001000","endTimeUnixNano":"1700000000000301000","attributes":[{"key":"messaging.message.id","value":{"stringValue":"a \"b\"\n"}},{"key":"wasmesh.attempt","value":{"intValue":"2"}}],"status":{"code":2,"message":"the handler crashed: unreachable"}}]}]}]}"#
        )
    }

    @Test func `each service has its spans, and all of it is JSON`() throws {
        let spans = (0..<10).map { Span.sample($0, service: $0 % 3 == 0 ? "b.\u{1}é\"" : "a.A") }
        let text = OTLPDocument.json(spans, process: "p")
        let document = try #require(
            JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [[String: Any]]])
        let counts = try #require(document["resourceSpans"]).map { resource in
            ((resource["scopeSpans"] as? [[String: Any]])?.first?["spans"] as? [Any])?.count
        }
        #expect(counts == [6, 4])
    }
}
