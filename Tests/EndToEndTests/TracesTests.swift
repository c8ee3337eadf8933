import Foundation
import HTTPServer
import TestSupport
import Testing

/// Spans of a running mesh, as an OpenTelemetry collector gets them.
struct TracesTests {
    private struct Span {
        var service: String
        var facts: [String: Any]
        var id: String { facts["spanId"] as? String ?? "" }
        var parent: String? { facts["parentSpanId"] as? String }
    }

    /// What has come of one trace so far.
    private func spans(of trace: String) async throws -> [Span] {
        try await SharedMesh.shared.collector().all.flatMap { body -> [Span] in
            let document = try JSONSerialization.jsonObject(with: Data(body)) as? [String: [[String: Any]]]
            return (document?["resourceSpans"] ?? []).flatMap { resource -> [Span] in
                let attributes = (resource["resource"] as? [String: [[String: Any]]])?["attributes"] ?? []
                let name = attributes.first { $0["key"] as? String == "service.name" }?["value"] as? [String: String]
                let scopes = resource["scopeSpans"] as? [[String: Any]] ?? []
                return scopes.flatMap { $0["spans"] as? [[String: Any]] ?? [] }.map {
                    Span(service: name?["stringValue"] ?? "", facts: $0)
                }
            }
        }.filter { $0.facts["traceId"] as? String == trace }
    }

    @Test func `a call, its handler and who hears its event are one tree`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let trace = "0af7651916cd43dd8448eb211c80\(UInt16.random(in: 0x1000...0xffff).hexadecimal)"
        let answer = try await HTTPClient().request(
            "POST", mesh.router + "/probe.Counters/add",
            headers: [
                "Content-Type": "application/json", "traceparent": "00-\(trace)-b7ad6b7169203331-01",
            ], body: Array(#"{"id": "traced", "by": 3}"#.utf8))
        #expect(answer.status == 200, "\(answer.text)")
        let spans: [Span] = try await eventually("three spans", within: .seconds(20)) {
            let found = try await self.spans(of: trace)
            return found.count >= 3 ? found : nil
        }
        let call = try #require(spans.first { $0.service == "wasmesh-router" })
        #expect(call.parent == "b7ad6b7169203331" && call.facts["name"] as? String == "probe.Counters/add")
        let handler = try #require(spans.first { $0.service == "probe.Counters" })
        #expect(handler.parent == call.id && handler.facts["kind"] as? Int == 5)
        let listener = try #require(spans.first { $0.service == "probe.Listeners" })
        #expect(listener.parent == handler.id && listener.facts["name"] as? String == "probe.Listeners/onCounted")
        #expect(spans.count == 3)
    }

    @Test func `a handler that fails says so in its span`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let trace = "1af7651916cd43dd8448eb211c80\(UInt16.random(in: 0x1000...0xffff).hexadecimal)"
        _ = try await HTTPClient().request(
            "POST", mesh.router + "/probe.Counters/refuse",
            headers: [
                "Content-Type": "application/json", "traceparent": "00-\(trace)-b7ad6b7169203331-01",
            ], body: Array(#"{"id": "kite"}"#.utf8))
        let handler: Span = try await eventually("the handler's span", within: .seconds(20)) {
            try await self.spans(of: trace).first { $0.service == "probe.Counters" }
        }
        let status = try #require(handler.facts["status"] as? [String: Any])
        #expect(status["code"] as? Int == 2)
        #expect((status["message"] as? String)?.contains("there is no kite left") == true)
    }
}

extension UInt16 {
    fileprivate var hexadecimal: String { String(self, radix: 16) }
}
