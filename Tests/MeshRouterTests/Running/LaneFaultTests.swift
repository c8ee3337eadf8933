import HTTPServer
import Kafka
import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

@testable import MeshRouter

/// The router's lane on real servers: commits that are cut off, and messages that Kafka never takes.
@Suite struct LaneFaultTests {
    @Test func `commits that are cut off, before they take effect or before their answer, are accepted once`()
        async throws
    {
        var seed = Seed()
        let plan = CommitCutter.Cut.ends.flatMap { Array(repeating: $0, count: 5) }.shuffled(using: &seed).map {
            (pass: seed.integer(in: 0...3), cut: $0)
        }
        try await withOwnBroker { broker, kafka in
            try await withDatabase { url in
                let cutter = try CommitCutter(before: url, statements: ["accept"], plan: plan)
                defer { cutter.stop() }
                try await withRouter(
                    postgres: cutter.url(url), broker: broker, kafka: kafka, schemas: [Shop.orders],
                    answer: { _ in nil }
                ) { mesh in
                    var sent: [String] = []
                    while cutter.remaining > 0 {
                        let ids = (sent.count..<sent.count + 5).map { "o\($0)" }
                        sent += ids
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            for (index, id) in ids.enumerated() {
                                // Some with a key of the caller's: that is decided in the same transaction.
                                let key = index % 2 == 0 ? [("Idempotency-Key", id)] : []
                                group.addTask {
                                    let answer = try await mesh.call(
                                        "shop.Orders/count", "{\"id\":\"\(id)\"}", [("Prefer", "respond-async")] + key)
                                    #expect(answer.status == 202, "\(answer.text)")
                                }
                            }
                            try await group.waitForAll()
                        }
                    }
                    #expect(cutter.done.count == plan.count)
                    let stored = try await mesh.pool.query(.oneOff("SELECT data FROM mesh.outbox"))
                    let data = try stored.map { try $0.text(0) }
                    #expect(data.sorted() == sent.map { "{\"id\":\"\($0)\"}" }.sorted())
                    try await eventually("all are in Kafka", within: .seconds(20)) {
                        Set(mesh.responder.messages.all.map(\.id)).count == sent.count
                    }
                }
            }
        }
    }

    @Test func `what Kafka never takes is a dead letter with its cause, its caller is told, and others go on`()
        async throws
    {
        try await withOwnBroker { broker, kafka in
            try await withDatabase { url in
                // The dead letter's own commit is cut off as well: it isn't stored twice.
                let plan = [(pass: 0, cut: CommitCutter.Cut.beforeAnswer), (0, .beforeCommit)]
                let cutter = try CommitCutter(before: url, statements: ["bury once"], plan: plan)
                defer { cutter.stop() }
                try await withRouter(
                    postgres: cutter.url(url), broker: broker, kafka: kafka, schemas: [Shop.orders],
                    configure: {
                        $0.lease = .milliseconds(500)
                        $0.kafka.overrides["message.max.bytes"] = "5000"
                    }, answer: { _ in (.ok, "{}") }
                ) { mesh in
                    let sku = String(repeating: "x", count: 10_000)
                    let order = #"{"order":{"customer":"ada","items":[{"sku":"\#(sku)","quantity":1}]}}"#
                    async let large = mesh.call("shop.Orders/place", order)
                    async let small = mesh.call("shop.Orders/count", #"{"id":"small"}"#)
                    #expect(try await small.status == 200)
                    let refused = try await large
                    #expect(refused.member("mesh.code") == "RESOURCE_EXHAUSTED", "\(refused.text)")
                    #expect(refused.text.contains("message.max.bytes"))
                    // As one that a router left which ended.
                    let left = try await mesh.leave([order, #"{"id":"left"}"#])
                    try await eventually("the ones that were left are dealt with", within: .seconds(20)) {
                        mesh.responder.messages.all.contains { $0.id == left[1] }
                    }
                    try await eventually("both lanes count as published", within: .seconds(20)) {
                        try await mesh.pool.query(
                            .oneOff("SELECT count(*) FROM mesh.lane WHERE kind = 'router' AND acked_seq < next_seq - 1")
                        ).first?.int64(0) == 0
                    }
                    #expect(cutter.done.count == 2)
                    let letters = try await mesh.control("GET", "dead-letters")
                    #expect(letters.member("dead_letters") == "[2]", "\(letters.text)")
                    for index in 0...1 {
                        let id = letters.member("dead_letters.\(index).id") ?? ""
                        let shown = try await mesh.control("GET", "dead-letters/\(id)")
                        #expect(shown.text.contains(sku) && shown.text.contains("message.max.bytes"))
                    }
                    #expect(try await mesh.call("shop.Orders/count", #"{"id":"later"}"#).status == 200)
                }
            }
        }
    }
}

extension RunningRouter {
    /// Accepts calls as a router that is gone before it could publish them; their ids.
    fileprivate func leave(_ data: [String]) async throws -> [String] {
        let store = PostgresIngressStore(pool)
        var lane = try await store.claimLane(owner: "dead", lease: .milliseconds(100))
        let messages = data.map {
            IngressMessage(
                topic: "shop.Orders", partition: 1,
                message: Message(
                    id: MessageID.make(), type: "shop.Orders/count", source: "/http", time: .now, key: "k",
                    data: Array($0.utf8)))
        }
        _ = try await store.accept(messages, lane: &lane, acknowledged: 0)
        return messages.map(\.message.id)
    }
}
