import Foundation
import TestSupport
import Testing
import WasmWorker

@testable import Commands

/// What a worker's `/metrics` says of its methods.
@Suite struct HandlerMetricsTextTests {
    private func handler(_ method: String = "place") -> HandlerStatistics {
        var counts = HandlerCounts()
        for _ in 0..<3 { counts.count(.ok) }
        counts.count(.dead)
        for nanoseconds in [9_000, 30_000, 30_000, 20_000_000_000] as [Int64] { counts.ran(for: nanoseconds) }
        return HandlerStatistics(service: "shop.Orders", method: method, counts: counts)
    }

    @Test func `messages are told by service, method and outcome, those that are none too`() {
        let lines = HandlerMetricsText.text([handler()]).split(separator: "\n").filter { $0.contains("handled") }
        #expect(
            lines == [
                "# HELP wasmesh_worker_handled_messages_total Messages that were handled and committed, by what came of them.",
                "# TYPE wasmesh_worker_handled_messages_total counter",
                #"wasmesh_worker_handled_messages_total{service="shop.Orders",method="place",outcome="ok"} 3"#,
                #"wasmesh_worker_handled_messages_total{service="shop.Orders",method="place",outcome="failed"} 0"#,
                #"wasmesh_worker_handled_messages_total{service="shop.Orders",method="place",outcome="parked"} 0"#,
                #"wasmesh_worker_handled_messages_total{service="shop.Orders",method="place",outcome="dead"} 1"#,
            ])
    }

    @Test func `the times are a histogram whose buckets add up, in seconds`() {
        let text = HandlerMetricsText.text([handler()])
        let name = "wasmesh_worker_handler_duration_seconds"
        let labels = #"service="shop.Orders",method="place""#
        #expect(text.contains("# TYPE \(name) histogram\n"))
        #expect(text.contains("\(name)_bucket{\(labels),le=\"1e-05\"} 1\n"))
        #expect(text.contains("\(name)_bucket{\(labels),le=\"5e-05\"} 3\n"))
        #expect(text.contains("\(name)_bucket{\(labels),le=\"0.001\"} 3\n"))
        #expect(text.contains("\(name)_bucket{\(labels),le=\"10.0\"} 3\n"))
        #expect(text.contains("\(name)_bucket{\(labels),le=\"+Inf\"} 4\n"))
        #expect(text.contains("\(name)_sum{\(labels)} 20.000069\n"))
        #expect(text.contains("\(name)_count{\(labels)} 4\n"))
        #expect(text.split(separator: "\n").count { $0.hasPrefix("\(name)_bucket") } == RunTimes.bounds.count + 1)
    }

    @Test func `what would end a label, or a line, is escaped`() {
        let text = HandlerMetricsText.text([handler("a\"b\\c\nd")])
        #expect(text.contains(#"method="a\"b\\c\nd",outcome="ok"} 3"#))
        #expect(text.split(separator: "\n").allSatisfy { $0.hasPrefix("#") || $0.hasPrefix("wasmesh_worker_") })
    }

    @Test func `the page of operations names both`() throws {
        let page = try String(contentsOfFile: "\(TestEnvironment.checkout)/docs/operations.md", encoding: .utf8)
        for name in [HandlerMetricsText.handled, HandlerMetricsText.duration] { #expect(page.contains("`\(name){")) }
    }
}
