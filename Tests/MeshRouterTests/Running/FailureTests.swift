import Embedded
import HTTPServer
import Kafka
import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct FailureTests {
    @Test func `a stop answers what is in flight and refuses what comes later`() async throws {
        try await withRouter(answer: { _ in nil }) { mesh in
            let calling = Task { try await mesh.call("shop.Orders/forget", "{}") }
            let message = try await mesh.responder.messages.wait(for: 1)[0]
            mesh.running.cancel()
            try await eventually("connections are refused") { (try? await mesh.get("/healthz")) == nil }
            mesh.responder.reply(to: message, .ok, #"{"value":1}"#)
            let answer = try await calling.value
            #expect(answer.status == 200)
            #expect(answer.text == #"{"value":1}"#)
            try await mesh.running.value
        }
    }

    @Test func `a stop ends within its time, and a caller learns the id of the call that goes on`() async throws {
        try await withRouter(configure: { $0.drain = .seconds(1) }, answer: { _ in nil }) { mesh in
            let calling = Task { try await mesh.call("shop.Orders/forget", "{}") }
            let message = try await mesh.responder.messages.wait(for: 1)[0]
            let start = ContinuousClock.now
            mesh.running.cancel()
            let answer = try await calling.value
            #expect(answer.status == 503)
            #expect(answer.member("mesh.details.call") == message.id)
            try await mesh.running.value
            #expect(start.duration(to: .now) < .seconds(8))
            // The lane and the partition of answers are given back for the next router.
            let held = try await mesh.pool.query(
                .oneOff("SELECT count(*) FROM mesh.lane WHERE owner IS NOT NULL AND kind = 'router'"))
            #expect(try held.first?.int64(0) == 0)
            let leased = try await mesh.pool.query(
                .oneOff("SELECT count(*) FROM mesh.reply_lease WHERE owner IS NOT NULL"))
            #expect(try leased.first?.int64(0) == 0)
        }
    }

    @Test func `Kafka away in the middle: what is accepted is durable and arrives once it is back`() async throws {
        try await withRouter { mesh in
            _ = try await mesh.call("shop.Orders/count", #"{"id":"before"}"#)
            await mesh.broker.stop()
            let accepted = try await mesh.call("shop.Orders/count", #"{"id":"during"}"#, [("Prefer", "respond-async")])
            #expect(accepted.status == 202)
            try await eventually("the router says that it waits") {
                try await mesh.get("/readyz").status == 503
            }
            #expect(try await mesh.get("/readyz").member("problems.0.part") == "kafka")
            try await mesh.broker.restart()
            // It came back empty: topics are made anew, and what wasn't consumed is published again.
            try await mesh.becomesReady()
            mesh.responder.startAnew()
            try await eventually("the call arrives", within: .seconds(30)) {
                mesh.responder.messages.all.contains { String(decoding: $0.data, as: UTF8.self).contains("during") }
            }
            let after = try await mesh.call("shop.Orders/count", #"{"id":"after"}"#)
            #expect(after.status == 200, "\(after.text)")
        }
    }

    @Test func `Kafka away at the start: the router says so, and works once it is there`() async throws {
        try await withOwnBroker { broker, kafka in
            await broker.stop()
            try await withDatabase { url in
                try await withRouter(
                    postgres: url, broker: broker, kafka: kafka, schemas: [Shop.orders], waitsUntilReady: false,
                    answer: { _ in (.ok, "{}") }
                ) { mesh in
                    try await eventually { try await mesh.get("/readyz").status == 503 }
                    #expect(try await mesh.get("/healthz").status == 200)
                    let early = try await mesh.call("shop.Orders/forget", "{}")
                    #expect(early.status == 503)
                    #expect(early.member("mesh.code") == "PROVIDER_UNAVAILABLE")
                    try await broker.restart()
                    try await mesh.becomesReady()
                    #expect(try await mesh.call("shop.Orders/forget", "{}").status == 200)
                }
            }
        }
    }

    @Test func `Postgres away in the middle: calls are refused with the reason, and go on once it is back`()
        async throws
    {
        try await withOwnBroker { broker, kafka in
            try await withOwnPostgres { postgres in
                try await withRouter(
                    postgres: postgres.url(), broker: broker, kafka: kafka, schemas: [Shop.orders],
                    configure: { $0.patience = .seconds(1) }, answer: { _ in (.ok, "{}") }
                ) { mesh in
                    #expect(try await mesh.call("shop.Orders/forget", "{}").status == 200)
                    await postgres.kill()
                    let refused = try await mesh.call("shop.Orders/forget", "{}")
                    #expect(refused.status == 503)
                    #expect(refused.member("mesh.code") == "PROVIDER_UNAVAILABLE")
                    #expect(refused.member("mesh.retryable") == "true")
                    try await eventually { try await mesh.get("/readyz").status == 503 }
                    try await postgres.restart()
                    try await mesh.becomesReady()
                    #expect(try await mesh.call("shop.Orders/forget", "{}").status == 200)
                }
            }
        }
    }

    @Test func `a topic with another partition count is refused with the reason`() async throws {
        try await withOwnBroker { broker, kafka in
            let admin = try KafkaAdmin(kafka)
            _ = try await admin.createTopics([NewTopic("shop.Orders", partitions: 3, replication: 1)])
            await admin.close()
            try await withDatabase { url in
                try await withRouter(
                    postgres: url, broker: broker, kafka: kafka, schemas: [Shop.orders], waitsUntilReady: false,
                    answer: { _ in (.ok, "{}") }
                ) { mesh in
                    try await eventually { mesh.router.routing.current.topicProblems["shop.Orders"] != nil }
                    try await eventually { mesh.router.replies.partition != nil }
                    let refused = try await mesh.call("shop.Orders/forget", "{}")
                    #expect(refused.status == 503)
                    #expect(refused.member("message")?.contains("3 partitions") == true)
                    #expect(try await mesh.get("/readyz").text.contains("3 partitions"))
                }
            }
        }
    }

    @Test func `what a router that died had accepted is published by another one`() async throws {
        try await withOwnBroker { broker, kafka in
            try await withDatabase { url in
                try await withRouter(
                    postgres: url, broker: broker, kafka: kafka, schemas: [Shop.orders],
                    configure: { $0.lease = .milliseconds(500) }, answer: { _ in (.ok, "{}") }
                ) { mesh in
                    // A router that accepted and was gone before it could publish.
                    let store = PostgresIngressStore(mesh.pool)
                    var lane = try await store.claimLane(owner: "dead", lease: .milliseconds(100))
                    let message = Message(
                        id: MessageID.make(), type: "shop.Orders/forget", source: "/http", time: .now, key: "k",
                        data: Array("{}".utf8))
                    _ = try await store.accept(
                        [IngressMessage(topic: "shop.Orders", partition: 1, message: message)], lane: &lane,
                        acknowledged: 0)
                    let arrived = try await mesh.responder.messages.wait(for: 1)
                    #expect(arrived.first?.id == message.id)
                    try await eventually {
                        try await mesh.pool.query(
                            .oneOff(
                                "SELECT count(*) FROM mesh.lane WHERE owner IS NULL AND acked_seq = next_seq - 1 AND id = $1::int8"
                            ),
                            .int64(lane.lane.id)
                        ).first?.int64(0) == 1
                    }
                }
            }
        }
    }

    @Test func `two routers serve at once, each with answers of its own`() async throws {
        try await withOwnBroker { broker, kafka in
            try await withDatabase { url in
                try await withRouter(
                    postgres: url, broker: broker, kafka: kafka, schemas: [Shop.orders],
                    answer: { message in (.ok, String(decoding: message.data, as: UTF8.self)) }
                ) { first in
                    try await withRouter(
                        postgres: url, broker: broker, kafka: kafka, schemas: [], answer: { _ in nil }
                    ) { second in
                        #expect(first.router.replies.partition != second.router.replies.partition)
                        for index in 0..<20 {
                            let body = "{\"id\":\"\(index)\"}"
                            let mesh = index % 2 == 0 ? first : second
                            let answer = try await mesh.call("shop.Orders/count", body)
                            #expect(answer.text == body)
                        }
                    }
                }
            }
        }
    }
}
