import HTTPServer
import MeshCore
import Synchronization
import TestSupport
import Testing

@testable import Telemetry

struct SpanExporterTests {
    /// A collector that answers by `status`, and what it got.
    private final class FakeCollector: Sendable {
        let requests = Collector<HTTPRequest>()
        private let statuses: Mutex<[Int]>

        init(_ statuses: [Int]) { self.statuses = Mutex(statuses) }

        func take(_ request: HTTPRequest) -> HTTPResponse {
            requests.append(request)
            let status = statuses.withLock { $0.isEmpty ? 200 : $0.removeFirst() }
            return HTTPResponse(status: status, headers: [:], body: Array("{}".utf8))
        }

        /// How many spans each request had.
        var counts: [Int] {
            requests.all.map { String(decoding: $0.body, as: UTF8.self).components(of: "\"spanId\"") }
        }
    }

    private func withCollector(
        _ statuses: [Int] = [], _ body: (FakeCollector, SpanExporter) async throws -> Void
    ) async throws {
        let collector = FakeCollector(statuses)
        let server = try HTTPServer(HTTPServer.Configuration()) { collector.take($0) }
        let exporter = SpanExporter(
            endpoint: "http://127.0.0.1:\(server.port)/", headers: ["Authorization": "Bearer x"], process: "p")
        let running = Task { await exporter.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body(collector, exporter)) } catch { result = .failure(error) }
        running.cancel()
        await running.value
        await server.stop(drainWithin: .zero)
        try result.get()
    }

    @Test func `spans arrive in batches, at the path and with the headers of OTLP`() async throws {
        try await withCollector { collector, exporter in
            for number in 0..<1200 { exporter.take(.sample(number)) }
            try await eventually { collector.counts.reduce(0, +) == 1200 }
            #expect(collector.counts.allSatisfy { $0 <= 512 })
            let request = try #require(collector.requests.all.first)
            #expect(request.method == "POST" && request.path == "/v1/traces")
            #expect(request.headers["Content-Type"] == "application/json")
            #expect(request.headers["Authorization"] == "Bearer x")
        }
    }

    @Test func `a collector that asks for patience gets them again`() async throws {
        try await withCollector([503]) { collector, exporter in
            exporter.take(.sample(1))
            try await eventually { collector.counts.count == 2 }
            #expect(collector.requests.all[0].body == collector.requests.all[1].body)
        }
    }

    @Test func `what a collector refuses isn't sent again`() async throws {
        try await withCollector([400]) { collector, exporter in
            exporter.take(.sample(1))
            try await eventually { collector.counts == [1] }
            exporter.take(.sample(2))
            try await eventually { collector.counts == [1, 1] }
            #expect(collector.requests.all[0].body != collector.requests.all[1].body)
        }
    }

    @Test func `what is left is sent at the end`() async throws {
        let collector = FakeCollector([])
        let server = try HTTPServer(HTTPServer.Configuration()) { collector.take($0) }
        let exporter = SpanExporter(endpoint: "http://127.0.0.1:\(server.port)", process: "p")
        for number in 0..<700 { exporter.take(.sample(number)) }
        let running = Task { await exporter.run() }
        running.cancel()
        await running.value
        #expect(collector.counts.reduce(0, +) == 700)
        await server.stop(drainWithin: .zero)
    }

    @Test func `a collector that isn't there holds nobody up`() async throws {
        let exporter = SpanExporter(endpoint: "http://127.0.0.1:1", process: "p")
        let running = Task { await exporter.run() }
        for number in 0..<20_000 { exporter.take(.sample(number)) }
        running.cancel()
        let began = ContinuousClock.now
        await running.value
        #expect(began.duration(to: .now) < .seconds(10))
    }
}

extension String {
    /// How often `part` stands in it.
    fileprivate func components(of part: String) -> Int {
        split(separator: part, omittingEmptySubsequences: false).count - 1
    }
}
