import Embedded
import Foundation
import HTTPServer
import TestSupport
import Testing

/// `/metrics` of a worker, as Prometheus scrapes it.
struct WorkerMetricsTests {
    @Test func `a worker's scrape tells of each method what came of its messages and how long they took`() async throws
    {
        let mesh = try await SharedMesh.shared.mesh()
        let port = try FreePort.find()
        let worker = try WorkerProcess(in: mesh.directory, id: "scraped", ["--metrics-port", "\(port)"])
        // It shares the partitions with the mesh's own worker: enough keys, and it gets some.
        let scraped: String = try await eventually("its share of the calls", within: .seconds(60)) {
            for index in 0..<20 {
                _ = try await mesh.wasmesh("call", "probe.Counters/add", "{\"id\": \"scraped-\(index)\", \"by\": 1}")
            }
            let text = (try? await HTTPClient().request("GET", "http://127.0.0.1:\(port)/metrics"))?.text ?? ""
            return text.contains("method=\"add\"") ? text : nil
        }
        let labels = "service=\"probe.Counters\",method=\"add\""
        let handled = try #require(value("wasmesh_worker_handled_messages_total{\(labels),outcome=\"ok\"}", scraped))
        let runs = try #require(value("wasmesh_worker_handler_duration_seconds_count{\(labels)}", scraped))
        let seconds = try #require(value("wasmesh_worker_handler_duration_seconds_sum{\(labels)}", scraped))
        #expect(handled > 0 && runs == handled && seconds > 0 && seconds / runs < 1)
        #expect(value("wasmesh_worker_handled_messages_total{\(labels),outcome=\"dead\"}", scraped) == 0)
        #expect(value("wasmesh_worker_handler_duration_seconds_bucket{\(labels),le=\"+Inf\"}", scraped) == runs)
        #expect(worker.terminate(within: .seconds(20)) == 0)
    }

    private func value(_ series: String, _ text: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix(series + " ") }.flatMap {
            Double($0.dropFirst(series.count + 1))
        }
    }
}
